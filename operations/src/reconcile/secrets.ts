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

/** What AWS reported about the secrets in the state. */
export interface LookedSecrets {
  changed: ChangedSecret[];
  /** What could not be determined, and why. */
  warnings: string[];
}

/** Checks in AWS whether the secrets are as the stack stored them; no value is read. */
export async function lookAtSecrets(
  { aws }: Pick<Stack, "aws">,
  stored: readonly StoredVersion[],
): Promise<LookedSecrets> {
  if (stored.length === 0) return { changed: [], warnings: [] };
  const secrets = new SecretsManager(aws);
  try {
    return { changed: await findChangedSecrets(secrets, stored), warnings: [] };
  } catch (error) {
    const warning = `Could not check whether the secrets in AWS are as this stack stored them: ${messageOf(error)} (this needs secretsmanager:DescribeSecret)`;
    return { changed: [], warnings: [warning] };
  } finally {
    secrets.close();
  }
}

/** Returns a name, and what it has before each slash. */
function withBeginnings(name: string): string[] {
  return name.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
}

/** Findings after which the state may be older than AWS, and its credential not the current one. */
const unsettled: readonly FindingKind[] = ["orphanedApplication", "lostApplication", "doubled"];

/**
 * Finds secrets that were changed outside the stack.
 *
 * @param others the other findings
 */
export function compareSecrets(
  { changedSecrets, typed, typedTenants }: Comparison,
  others: readonly Finding[],
): Finding[] {
  const typedCommands = { pulumi: typed, tenants: typedTenants };
  const unsettledSlots = new Set(
    others.flatMap(({ kind, slot }) =>
      slot !== undefined && unsettled.includes(kind) ? withBeginnings(slot) : [],
    ),
  );
  return changedSecrets.map((changed) => {
    const { slot, urn, change, why, secretArn } = changed;
    const isDoubtful = change === "overwritten" && unsettledSlots.has(slot);
    return {
      kind: "changedSecret",
      severity: "todo",
      slot,
      urn,
      secretArn,
      why: isDoubtful
        ? `${why} Its application is unsettled, too: the state may be an older one, with a credential that is not in use.`
        : change === "overwritten"
          ? `${why} Find out who did it and why. The command stores the state's credential again; the present value stays as AWSPREVIOUS.`
          : why,
      next: isDoubtful ? [] : [repairOf(changed, typedCommands)],
    };
  });
}
