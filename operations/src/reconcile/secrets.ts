import { messageOf } from "pulumi-resistant-tenants/client";
import { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import {
  type ChangedSecret,
  findChangedSecrets,
  repairOf,
  type StoredVersion,
} from "resistant-tenants-stacks/changed-secrets";

import type { Stack } from "../stack/stack";
import type { Comparison } from "./comparison";
import type { Finding, FindingKind } from "./finding";

/** What AWS told of the secrets that the state holds. */
export interface LookedSecrets {
  changed: ChangedSecret[];
  /** What could not be found out, and why. */
  warnings: string[];
}

/** Asks AWS whether the secrets are as the stack stored them; no value is read. */
export async function lookAtSecrets(
  { aws }: Pick<Stack, "aws">,
  stored: readonly StoredVersion[],
): Promise<LookedSecrets> {
  if (stored.length === 0) return { changed: [], warnings: [] };
  const secrets = new SecretsManager(aws);
  try {
    return { changed: await findChangedSecrets(secrets, stored), warnings: [] };
  } catch (error) {
    const warning = `Whether the secrets in AWS are still as this stack stored them could not be asked of AWS: ${messageOf(error)} (it takes secretsmanager:DescribeSecret)`;
    return { changed: [], warnings: [warning] };
  } finally {
    secrets.close();
  }
}

/** After one of these the state may be older than AWS, and its credential not the one in use. */
const unsettled: readonly FindingKind[] = ["orphanedApplication", "lostApplication", "doubled"];

/**
 * Tells of secrets that were changed past the stack.
 *
 * @param others what else was found
 */
export function compareSecrets(
  { changedSecrets, typed, typedTenants }: Comparison,
  others: readonly Finding[],
): Finding[] {
  const typedCommands = { pulumi: typed, tenants: typedTenants };
  return changedSecrets.map((changed) => {
    const { slot, urn, change, why, secretArn } = changed;
    const first = others.find(
      (other) =>
        unsettled.includes(other.kind) &&
        (other.slot === slot || other.slot?.startsWith(`${slot}/`) === true),
    );
    const isDoubtful = change === "overwritten" && first !== undefined;
    return {
      kind: "changedSecret",
      severity: "todo",
      slot,
      urn,
      secretArn,
      why: isDoubtful
        ? `${why} Its application is not settled either: the state may be an older one, and its credential not the one in use.`
        : change === "overwritten"
          ? `${why} Find out who did it and why. The command stores the credential again that the state holds; what is there now stays as AWSPREVIOUS.`
          : why,
      next: isDoubtful ? [] : [repairOf(changed, typedCommands)],
    };
  });
}
