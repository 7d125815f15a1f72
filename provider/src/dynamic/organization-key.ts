import { readOrganizationKey } from "../client/assertion";
import { messageOf, TenantManagementError } from "../client/errors";
import type { ProviderSettings } from "../settings";
import type { KeyObject } from "node:crypto";

/**
 * Finds the organization's private key, in the order of preference: Secrets Manager, the environment variable
 * `TENANTS_PRIVATE_KEY`, the stack configuration. It is read when the first token is asked for, never in a preview.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` when there is none, or it cannot be read
 */
export async function loadOrganizationKey(settings: ProviderSettings): Promise<KeyObject> {
  if (settings.privateKeySecretArn !== undefined) {
    return readOrganizationKey(await readSecret(settings.privateKeySecretArn), "tenants:privateKeySecretArn");
  }
  const inEnvironment = keyInEnvironment();
  if (inEnvironment !== undefined) {
    return readOrganizationKey(inEnvironment, "the environment variable TENANTS_PRIVATE_KEY");
  }
  if (settings.privateKey !== undefined)
    return readOrganizationKey(settings.privateKey, "tenants:privateKey");
  throw new TenantManagementError(
    "INPUT_INVALID",
    "There is no organization key to ask for a token with. Give one: tenants:privateKeySecretArn, " +
      "the environment variable TENANTS_PRIVATE_KEY, or `pulumi config set --secret tenants:privateKey`.",
  );
}

/** Tells whether the key in the stack configuration is the one to use: only then does it have to be decrypted. */
export function needsConfiguredKey(settings: ProviderSettings): boolean {
  return settings.privateKeySecretArn === undefined && keyInEnvironment() === undefined;
}

function keyInEnvironment(): string | undefined {
  const key = process.env["TENANTS_PRIVATE_KEY"];
  return key === undefined || key.trim() === "" ? undefined : key;
}

async function readSecret(arn: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({ region: arn.split(":")[3] ?? "" });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    if (SecretString === undefined) throw new Error("its value is binary, not text");
    return SecretString;
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The organization's private key cannot be read from tenants:privateKeySecretArn (${arn}): ${messageOf(error)}. ` +
        "Check the ARN, and that the AWS identity of this run has secretsmanager:GetSecretValue on it.",
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}
