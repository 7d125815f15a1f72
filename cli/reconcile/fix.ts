import { messageOf, type TenantManagementApi } from "pulumi-resistant-tenants/client";
import { SecretsManager } from "pulumi-resistant-tenants/aws-secret";
import { type Intended, startRecording } from "pulumi-resistant-tenants/journal";
import { actor } from "pulumi-resistant-tenants/operator";

import { PulumiError } from "../pulumi";
import type { Stack } from "../stack";
import { compare, isPendingCreateNeeded } from "./compare";
import type { Comparison } from "./comparison";
import type { Finding, Fix } from "./finding";

/** Tells in one line what a fix does. */
export function describeFix(fix: Fix): string {
  switch (fix.action) {
    case "cancelLock":
      return "take the leftover lock away (pulumi cancel)";
    case "deleteApplication":
      return `delete application ${fix.applicationId} of tenant ${fix.tenantId} (${fix.slot}), which nobody can use`;
    case "deleteEmptySecret":
      return `delete the empty secret ${fix.secretName} (${fix.arn}), and clear its pending create`;
    case "clearPendingCreate":
      return `clear the pending create of ${fix.slot} (${fix.urn})`;
  }
}

/**
 * Makes sure that no update of the stack runs: what it is just making looks like something left over.
 *
 * @throws where one does, or may do
 */
export async function assertNoUpdateRuns(stack: Stack, { locks, state, typed }: Comparison): Promise<void> {
  if (locks === "unseen") return probeLock(stack, state.rootUrn);
  const held = locks.find((lock) => lock.process !== "gone");
  if (held === undefined) return;
  const owner = held.owner === undefined ? "" : ` by ${held.owner}`;
  throw new Error(
    held.process === "running"
      ? `Nothing was changed: an update${owner} is running. Wait until it has ended.`
      : `Nothing was changed: an update${owner} holds a lock, and may be running elsewhere. If you are sure that it is not, run \`${typed(["cancel", "--yes"])}\`, and this command again.`,
  );
}

/** Refreshes the stack's own node, which reads nothing, under the engine's lock. */
async function probeLock({ pulumi }: Stack, rootUrn: string | undefined): Promise<void> {
  if (rootUrn === undefined) return;
  try {
    await pulumi.run(["refresh", "--yes", "--skip-preview", "--target", rootUrn]);
  } catch (error) {
    if (!(error instanceof PulumiError) || !error.written.includes("currently locked")) throw error;
    throw new Error(`Nothing was changed: ${error.message}`, { cause: error });
  }
}

/**
 * Does what findings can be fixed with, on the record, and tells of each thing done.
 *
 * @throws at the first that fails, with what was done before it
 */
export async function applyFixes(
  stack: Stack,
  api: TenantManagementApi,
  comparison: Comparison,
  findings: readonly Finding[],
  tell: (done: string) => void,
): Promise<void> {
  const fixes = findings.flatMap(({ fix }) => fix ?? []);
  const locks = fixes.filter((fix) => fix.action === "cancelLock").flatMap((fix) => fix.locks);
  if (locks.length > 0) {
    const parameters = { locks };
    await onRecord(stack, { type: "Lock", slot: stack.name, parameters }, async () => {
      await stack.pulumi.run(["cancel", "--yes"]);
    });
    tell("took the leftover lock away");
  }
  for (const fix of fixes) {
    if (fix.action === "deleteApplication") {
      const { slot, tenantId, applicationId } = fix;
      await onRecord(stack, { type: "TenantApplication", slot, tenantId, applicationId }, () =>
        api.deleteApplication(tenantId, applicationId),
      );
      tell(`deleted application ${applicationId} of tenant ${tenantId}`);
    } else if (fix.action === "deleteEmptySecret") {
      const { slot, arn, secretName } = fix;
      await onRecord(stack, { type: "EmptySecret", slot, parameters: { arn, secretName } }, () =>
        deleteEmptySecret(arn),
      );
      tell(`deleted the empty secret ${secretName}`);
    }
  }
  if (!isPendingCreateNeeded(compare(comparison))) {
    await clearPendingCreates(stack, comparison, fixes, tell);
  }
}

/** Pending creates go last: until then they prove that an update was killed. */
async function clearPendingCreates(
  stack: Stack,
  { state }: Comparison,
  fixes: readonly Fix[],
  tell: (done: string) => void,
): Promise<void> {
  const isPending = fixes.some(
    ({ action }) => action === "clearPendingCreate" || action === "deleteEmptySecret",
  );
  if (!isPending || state.rootUrn === undefined) return;
  const { rootUrn } = state;
  const urns = state.pending.filter(({ operation }) => operation === "creating").map(({ urn }) => urn);
  // Only the stack's own node is refreshed: nothing is read, and nothing else in the state changes.
  const clear = ["refresh", "--clear-pending-creates", "--target", rootUrn, "--yes", "--skip-preview"];
  await onRecord(stack, { type: "PendingOperation", slot: stack.name, parameters: { urns } }, async () => {
    await stack.pulumi.run(clear);
  });
  tell(`cleared ${urns.length} pending create(s)`);
}

/** @param act does it; resolves with false where there was nothing left to do */
async function onRecord(
  { journal, name, settings }: Stack,
  intended: Omit<Intended, "operation" | "stack">,
  act: () => Promise<unknown>,
): Promise<void> {
  const { stage, apiUrl } = settings;
  const recording = await startRecording(
    (event) => journal.append(event),
    { actor: actor(), stage, apiUrl },
    { ...intended, operation: "delete", stack: name },
  ).catch((error: unknown) => {
    throw new Error(
      `Nothing was sent, because it could not be recorded in the journal ${journal.location} first: ${messageOf(error)}.`,
      { cause: error },
    );
  });
  try {
    const isDone = await act();
    await recording.end({ outcome: isDone === false ? "gone" : "deleted" });
  } catch (error) {
    await recording.fail(error);
    throw error;
  }
}

async function deleteEmptySecret(arn: string): Promise<void> {
  const aws = new SecretsManager({ region: arn.split(":")[3] });
  try {
    await aws.deleteEmpty(arn);
  } finally {
    aws.close();
  }
}
