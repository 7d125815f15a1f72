import type { DescribeSecretResponse, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { messageOf } from "pulumi-resistant-tenants/client";
import { z } from "zod";

import type { PendingOperation } from "../state";
import type { EmptySecret } from "./comparison";

const secretType = "aws:secretsmanager/secret:Secret";

const inputsSchema = z.object({
  name: z.string(),
  region: z.string().optional(),
  tags: z.record(z.string(), z.string()).default({}),
});

/** What AWS told of the secrets whose create did not end. */
export interface PendingSecrets {
  /** Those that were made, and hold nothing, by the URN of their resource. */
  empty: Map<string, EmptySecret>;
  /** What could not be found out, and why. */
  warnings: string[];
}

/**
 * Looks in AWS for the secrets that pending creates may have made: their names are taken, and the next update would
 * fail at them.
 */
export async function findPendingSecrets(
  pending: readonly PendingOperation[],
  region: string | undefined,
): Promise<PendingSecrets> {
  const found: PendingSecrets = { empty: new Map(), warnings: [] };
  for (const { operation, type, urn, inputs } of pending) {
    const wanted = inputsSchema.safeParse(inputs).data;
    if (operation !== "creating" || type !== secretType || wanted === undefined) continue;
    try {
      const described = await describeSecret(wanted.name, wanted.region ?? region);
      if (described?.ARN === undefined || !isEmptyAndOurs(described, wanted.tags)) continue;
      found.empty.set(urn, { arn: described.ARN, secretName: wanted.name });
    } catch (error) {
      found.warnings.push(
        `Whether the secret ${wanted.name} was made could not be asked of AWS: ${messageOf(error)}`,
      );
    }
  }
  return found;
}

/** A secret of the same name with a value, or with other tags, is not what the create made. */
function isEmptyAndOurs(described: DescribeSecretResponse, tags: Record<string, string>): boolean {
  const actual = new Map((described.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return (
    described.DeletedDate === undefined &&
    Object.keys(described.VersionIdsToStages ?? {}).length === 0 &&
    Object.entries(tags).every(([key, value]) => actual.get(key) === value)
  );
}

async function describeSecret(
  name: string,
  region: string | undefined,
): Promise<DescribeSecretResponse | undefined> {
  const { DescribeSecretCommand } = await import("@aws-sdk/client-secrets-manager");
  const client = await clientIn(region);
  try {
    return await client.send(new DescribeSecretCommand({ SecretId: name }));
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/** Deletes a secret that holds nothing, at once, so that its name is free. */
export async function deleteEmptySecret(arn: string): Promise<void> {
  const { DeleteSecretCommand } = await import("@aws-sdk/client-secrets-manager");
  const client = await clientIn(arn.split(":")[3]);
  try {
    await client.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
  } finally {
    client.destroy();
  }
}

async function clientIn(region: string | undefined): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  return new SecretsManagerClient(region === undefined ? {} : { region });
}
