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

/** What AWS reported about the secrets whose create did not end. */
export interface PendingSecrets {
  /** The existing empty secrets, by the URN of their resource. */
  empty: Map<string, EmptySecret>;
  /** What could not be determined, and why. */
  warnings: string[];
}

/** Finds the secrets in AWS that pending creates created and that are in no state. */
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
        `Could not ask AWS whether the secret ${wanted.name} was created: ${messageOf(error)}`,
      );
    } finally {
      secrets?.close();
    }
  }
  return found;
}
