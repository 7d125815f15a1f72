import { TenantManagementError } from "../client/errors";
import { textOfBytes } from "../client/pem";
import { messageOf } from "../client/text";
import type { Aws } from "./aws";

/**
 * Reads the text of a secret in AWS Secrets Manager, in the region that its ARN names.
 *
 * @param failure what cannot be done, for an error: `The organization's private key cannot be read from …`
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the ARN and the permission it takes
 */
export async function readSecretValue(arn: string, failure: string, aws: Aws): Promise<string> {
  return (await readSecret(arn, failure, aws)).text;
}

/**
 * Reads the same, with the ARN that AWS returns for the secret: AWS also accepts an ARN without its last characters.
 *
 * @param failure as of {@link readSecretValue}
 * @throws as {@link readSecretValue}
 */
export async function readSecret(
  arn: string,
  failure: string,
  aws: Aws,
): Promise<{ text: string; arn: string }> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = aws.open(SecretsManagerClient, "secretsmanager", { region: regionOf(arn) });
  try {
    const {
      SecretString,
      SecretBinary,
      ARN = arn,
    } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    const text = SecretString ?? (SecretBinary === undefined ? undefined : textOfBytes(SecretBinary));
    if (text === undefined) throw new Error("its value is binary, and neither text nor a private key");
    return { text, arn: ARN };
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `${failure} (${arn}): ${messageOf(error)}. ` +
        "Check the ARN, and that this run's AWS identity has secretsmanager:GetSecretValue on it " +
        "(and kms:Decrypt, if your own key encrypts it).",
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/**
 * Reads the tags of a secret in AWS Secrets Manager, in the region that its ARN names.
 *
 * @param failure as of {@link readSecretValue}
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the ARN and the permission it takes
 */
export async function readSecretTags(
  arn: string,
  failure: string,
  aws: Aws,
): Promise<ReadonlyMap<string, string>> {
  const { DescribeSecretCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = aws.open(SecretsManagerClient, "secretsmanager", { region: regionOf(arn) });
  try {
    const { Tags = [] } = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    return new Map(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `${failure} (${arn}): ${messageOf(error)}. ` +
        "Check that this run's AWS identity has secretsmanager:DescribeSecret on it.",
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

function regionOf(arn: string): string {
  return arn.split(":")[3] ?? "";
}
