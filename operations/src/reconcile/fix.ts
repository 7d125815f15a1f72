import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import {
  appendTo,
  type IntentEvent,
  onRecord,
  resultOf,
  settleIntent,
  slotOf,
  type StackRecord,
  unreadable,
} from "pulumi-resistant-tenants/internal/journal";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";

import { findLocks } from "../stack/lock";
import { PulumiError } from "../stack/pulumi";
import type { Stack } from "../stack/stack";
import { readState } from "../stack/state";
import { compare, isPendingCreateNeeded } from "./compare";
import type { Comparison } from "./comparison";
import type { Finding, Fix, RecordedPlace } from "./finding";

/** What a repair needs. */
export interface Repair {
  stack: Stack;
  api: TenantManagementApi;
  record: StackRecord;
}

/** Describes in one line what a fix does. */
export function describeFix(fix: Fix): string {
  switch (fix.action) {
    case "cancelLock":
      return "remove the leftover lock (pulumi cancel)";
    case "deleteApplication":
      return `delete application ${fix.applicationId} of tenant ${fix.tenantId} (${fix.slot}), which is unusable`;
    case "deleteEmptySecret":
      return `delete the empty secret ${fix.secretName} (${fix.arn}), and clear its pending create`;
    case "clearPendingCreate":
      return `clear the pending create of ${fix.slot} (${fix.urn})`;
    case "recordGone":
      return `record that ${describeObject(fix)} is deleted: the API does not know it`;
    case "recordMove":
      return `record that ${describeObject(fix)} was moved to stack ${fix.to}`;
    case "settleIntent":
      return `record how the interrupted ${fix.operation} of ${fix.slot} ended: ${fix.ending.outcome}`;
  }
}

function placeOf({ type, slot, tenantId, applicationId }: RecordedPlace): RecordedPlace {
  return { type, slot, tenantId, ...(applicationId === undefined ? {} : { applicationId }) };
}

function describeObject({ slot, tenantId, applicationId }: RecordedPlace): string {
  return applicationId === undefined
    ? `tenant ${tenantId} (${slot})`
    : `application ${applicationId} of tenant ${tenantId} (${slot})`;
}

/**
 * Ensures that the whole journal could be read: an incomplete record is no basis for a repair.
 *
 * @throws if a line could not be read
 */
export function assertRecordIsReadable({ unreadable: [where] }: Comparison): void {
  if (where !== undefined) throw unreadable(where);
}

/**
 * Thrown if an update of the stack is running, may be running, or has run since the comparison: nothing was
 * changed.
 */
export class StackInUse extends Error {
  override readonly name = "StackInUse";
}

/**
 * Ensures that no update of the stack is running: what it is creating looks like a leftover.
 *
 * @throws {@link StackInUse} if one is or may be running
 */
export async function assertNoUpdateRuns(stack: Stack, { locks, state, typed }: Comparison): Promise<void> {
  if (locks === "unseen") return probeLock(stack, state.rootUrn);
  const held = locks.find((lock) => lock.process !== "gone");
  if (held === undefined) return;
  const owner = held.owner === undefined ? "" : ` by ${held.owner}`;
  throw new StackInUse(
    held.process === "running"
      ? `Nothing was changed: an update${owner} is running. Wait until it has ended; if process ${held.processId ?? ""} is not an update of this stack, run \`${typed(["cancel", "--yes"])}\`, then this command again.`
      : `Nothing was changed: an update${owner} holds a lock, and may be running elsewhere. If you are sure that it is not, run \`${typed(["cancel", "--yes"])}\`, then this command again.`,
  );
}

/** Refreshes only the stack's own node, which reads nothing, to get the engine's lock. */
async function probeLock({ pulumi }: Stack, rootUrn: string | undefined): Promise<void> {
  if (rootUrn === undefined) return;
  try {
    await pulumi.run(["refresh", "--yes", "--skip-preview", "--target", rootUrn]);
  } catch (error) {
    if (!(error instanceof PulumiError) || !error.written.includes("currently locked")) throw error;
    throw new StackInUse(`Nothing was changed: ${error.message}`, { cause: error });
  }
}

/**
 * Ensures that no update has run since the comparison, and that none is running: what it created would look
 * like the leftovers of a killed one.
 *
 * @throws {@link StackInUse} if one did
 */
export async function assertAsItWas(stack: Stack, comparison: Comparison): Promise<void> {
  await assertNoUpdateRuns(stack, { ...comparison, locks: await findLocks(stack) });
  const state = await readState(stack.pulumi, undefined);
  if (JSON.stringify(state) === JSON.stringify(comparison.state)) return;
  throw new StackInUse(
    "Nothing was changed: an update has run while the stack was compared. Run the command again.",
  );
}

/**
 * Applies fixes, records them, and reports each.
 *
 * @throws at the first failure; earlier fixes remain done
 */
export async function applyFixes(
  repair: Repair,
  comparison: Comparison,
  findings: readonly Finding[],
  tell: (done: string) => void,
): Promise<void> {
  const { stack, api, record } = repair;
  const fixes = findings.flatMap(({ fix }) => fix ?? []);
  const locks = fixes.filter((fix) => fix.action === "cancelLock").flatMap((fix) => fix.locks);
  if (locks.length > 0) {
    const parameters = { locks };
    await onRecord(record, { type: "Lock", operation: "delete", slot: stack.name, parameters }, async () => {
      await stack.pulumi.run(["cancel", "--yes"]);
      return "deleted";
    });
    tell("removed the leftover lock");
  }
  const events = new Map(comparison.events.map((event) => [event.id, event]));
  for (const fix of fixes) {
    if (fix.action === "deleteApplication") {
      const { slot, tenantId, applicationId } = fix;
      for (const intent of createsWithoutResult(comparison, fix)) {
        await settleIntent(appendTo(record), record.run, intent, { outcome: "unknown" });
        events.delete(intent.id);
      }
      await onRecord(
        record,
        { type: "TenantApplication", operation: "delete", slot, tenantId, applicationId },
        async () =>
          (await api.deleteApplication(tenantId, applicationId)) === "missing" ? "gone" : "deleted",
      );
      tell(`deleted application ${applicationId} of tenant ${tenantId}`);
    } else if (fix.action === "deleteEmptySecret") {
      const { slot, arn, secretName } = fix;
      const parameters = { arn, secretName };
      await onRecord(record, { type: "EmptySecret", operation: "delete", slot, parameters }, async () => {
        await deleteEmptySecret(repair.stack.aws, arn);
        return "deleted";
      });
      tell(`deleted the empty secret ${secretName}`);
    } else if (fix.action === "recordGone") {
      await onRecord(record, { ...placeOf(fix), operation: "delete" }, async () => {
        if (await isThere(api, fix))
          throw new Error(`The API finds ${describeObject(fix)} after all; nothing was recorded.`);
        return "gone";
      });
      tell(`recorded that ${describeObject(fix)} is deleted`);
    } else if (fix.action === "recordMove") {
      const { to } = fix;
      const action = { ...placeOf(fix), operation: "release", parameters: { to } } as const;
      await onRecord(record, action, () => Promise.resolve("released"));
      tell(`recorded that ${describeObject(fix)} was moved to stack ${to}`);
    } else if (fix.action === "settleIntent") {
      const intent = events.get(fix.intentId);
      if (intent?.event !== "intent") continue;
      await settleIntent(appendTo(record), record.run, intent, fix.ending);
      tell(`recorded how the ${fix.operation} of ${fix.slot} ended: ${fix.ending.outcome}`);
    }
  }
  if (!isPendingCreateNeeded(compare(comparison))) {
    await clearPendingCreates(repair, comparison, fixes, tell);
  }
}

/** Returns the interrupted creates that may have created an application: with it deleted, they are over. */
function createsWithoutResult(
  { events, stack, apiUrl }: Comparison,
  { slot, tenantId }: Extract<Fix, { action: "deleteApplication" }>,
): IntentEvent[] {
  const ofSlot = slotOf({ type: "TenantApplication", stack, slot, apiUrl });
  return events
    .filter((event) => event.event === "intent")
    .filter((intent) => intent.operation === "create" && slotOf(intent) === ofSlot)
    .filter((intent) => intent.tenantId === tenantId && resultOf(events, intent) === undefined);
}

async function isThere(
  api: TenantManagementApi,
  { tenantId, applicationId }: RecordedPlace,
): Promise<boolean> {
  const found =
    applicationId === undefined
      ? await api.getTenant(tenantId)
      : await api.getApplication(tenantId, applicationId);
  return found !== undefined;
}

/** Pending creates are removed last: until then they prove that an update was killed. */
async function clearPendingCreates(
  repair: Repair,
  { state }: Comparison,
  fixes: readonly Fix[],
  tell: (done: string) => void,
): Promise<void> {
  const isPending = fixes.some(
    ({ action }) => action === "clearPendingCreate" || action === "deleteEmptySecret",
  );
  if (!isPending) return;
  const { stack, record } = repair;
  const urns = state.pending.filter(({ operation }) => operation === "creating").map(({ urn }) => urn);
  // Only the stack's own node is refreshed: nothing is read, and nothing else in the state changes.
  const clear = ["refresh", "--clear-pending-creates", ...targetOf(state), "--yes", "--skip-preview"];
  const action = { type: "PendingOperation", operation: "delete", slot: stack.name } as const;
  await onRecord(record, { ...action, parameters: { urns } }, async () => {
    await stack.pulumi.run(clear);
    return "deleted";
  });
  tell(`cleared ${urns.length} pending create(s)`);
}

/** An empty state has no node of the stack. */
function targetOf({ rootUrn }: Comparison["state"]): string[] {
  return rootUrn === undefined ? [] : ["--target", rootUrn];
}

async function deleteEmptySecret(aws: Aws, arn: string): Promise<void> {
  const secrets = new SecretsManager(aws, arn.split(":")[3]);
  try {
    await secrets.deleteEmpty(arn);
  } finally {
    secrets.close();
  }
}
