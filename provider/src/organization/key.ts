import type { Aws } from "../aws/aws";
import { kmsSigner } from "../aws/kms-signer";
import { readSecretValue } from "../aws/secret-value";
import { type AssertionSigner, readOrganizationKey, signerFor } from "../client/assertion";
import { TenantManagementError } from "../client/errors";
import type { EnvironmentVariables } from "../settings/own-process";
import type { ProviderSettings } from "../settings/settings";

/**
 * Finds the organization's signing key, in the order of preference: a key in AWS KMS, Secrets Manager, the
 * environment variable `TENANTS_PRIVATE_KEY`, the stack configuration. It is read for the first token, never
 * in a preview.
 *
 * @param aws access to the first two
 * @throws {@link TenantManagementError} `INPUT_INVALID` if no key is configured, or it cannot be read
 */
export async function organizationSigner(
  settings: ProviderSettings,
  aws: Aws,
  environment: EnvironmentVariables,
): Promise<AssertionSigner> {
  const { kmsKeyId, privateKeySecretArn, privateKey } = settings;
  if (kmsKeyId !== undefined) return kmsSigner(kmsKeyId, aws);
  if (privateKeySecretArn !== undefined) {
    const source = "tenants:privateKeySecretArn";
    const pem = await readSecretValue(
      privateKeySecretArn,
      `The organization's private key cannot be read from ${source}`,
      aws,
    );
    return signerFor(readOrganizationKey(pem, source));
  }
  const inEnvironment = keyInEnvironment(environment);
  if (inEnvironment !== undefined) {
    return signerFor(readOrganizationKey(inEnvironment, "the environment variable TENANTS_PRIVATE_KEY"));
  }
  if (privateKey !== undefined) return signerFor(readOrganizationKey(privateKey, "tenants:privateKey"));
  throw new TenantManagementError(
    "INPUT_INVALID",
    "The organization's key is missing, so no token can be requested. Set one of tenants:kmsKeyId, tenants:privateKeySecretArn, " +
      "the environment variable TENANTS_PRIVATE_KEY, or `pulumi config set --secret tenants:privateKey`.",
  );
}

/** Returns whether the key in the stack configuration is the one to use: only then it must be decrypted. */
export function needsConfiguredKey(
  { kmsKeyId, privateKeySecretArn }: ProviderSettings,
  environment: EnvironmentVariables,
): boolean {
  return (
    kmsKeyId === undefined && privateKeySecretArn === undefined && keyInEnvironment(environment) === undefined
  );
}

function keyInEnvironment(environment: EnvironmentVariables): string | undefined {
  const key = environment["TENANTS_PRIVATE_KEY"];
  return key === undefined || key.trim() === "" ? undefined : key;
}
