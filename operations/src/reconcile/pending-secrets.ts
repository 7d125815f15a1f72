import { messageOf } from "pulumi-resistant-tenants/client";
import { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { secretType } from "pulumi-resistant-tenants/internal/operator";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";
import { z } from "zod";

import type { PendingOperation } from "../stack/state";
import type { EmptySecret } from "./comparison";

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
 * Looks in AWS for the secrets that pending creates have made, and that no state holds.
 */
export async function findPendingSecrets(
  pending: readonly PendingOperation[],
  aws: Aws,
): Promise<PendingSecrets> {
  const found: PendingSecrets = { empty: new Map(), warnings: [] };
  for (const { operation, type, urn, inputs } of pending) {
    const wanted = inputsSchema.safeParse(inputs).data;
    if (operation !== "creating" || type !== secretType || wanted === undefined) continue;
    let secrets: SecretsManager | undefined;
    try {
      secrets = new SecretsManager(aws, wanted.region);
      const described = await secrets.describe(wanted);
      if (described?.isEmptyAndWanted === true)
        found.empty.set(urn, { arn: described.arn, secretName: wanted.name });
    } catch (error) {
      found.warnings.push(
        `Whether the secret ${wanted.name} was made could not be asked of AWS: ${messageOf(error)}`,
      );
    } finally {
      secrets?.close();
    }
  }
  return found;
}
