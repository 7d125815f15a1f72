import type { Aws } from "../aws/aws";
import { kmsSigner } from "../aws/kms-signer";
import { readSecretValue } from "../aws/secret-value";
import { type AssertionSigner, readOrganizationKey, signerFor } from "../client/assertion";
import { TenantManagementError } from "../client/errors";
import type { EnvironmentVariables } from "../settings/environment";
import type { ProviderSettings } from "../settings/settings";

/**
 * Finds what signs in the organization's name, in the order of preference: a key in AWS KMS, Secrets Manager, the
 * environment variable `TENANTS_PRIVATE_KEY`, the stack configuration. It is read when the first token is asked for,
 * never in a preview.
 *
 * @param aws how the first two are reached
 * @throws {@link TenantManagementError} `INPUT_INVALID` when there is none, or it cannot be read
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
    "There is no organization key to ask for a token with. Give one: tenants:kmsKeyId, tenants:privateKeySecretArn, " +
      "the environment variable TENANTS_PRIVATE_KEY, or `pulumi config set --secret tenants:privateKey`.",
  );
}

/** Tells whether the key in the stack configuration is the one to use: only then does it have to be decrypted. */
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
