import type { TenantManagementApi } from "pulumi-resistant-tenants/client";

import type { PrintedEntry } from "../entry/entry";
import { recordOfStack } from "../stack/record";
import type { Stack } from "../stack/stack";
import { compare } from "./compare";
import type { Comparison } from "./comparison";
import { entriesFor } from "./entries";
import type { Finding } from "./finding";
import { applyFixes, assertAsItWas, assertNoUpdateRuns, assertRecordIsReadable } from "./fix";
import { gather } from "./gather";
import { type ReadJournal, readJournal } from "./journals";

/** The results of a comparison of a stack's journal, state and API. */
export interface Reconciliation {
  stack: Stack;
  /** How much was compared. */
  counts: Counts;
  warnings: readonly string[];
  findings: readonly Finding[];
  /** The entries of `tenants:customers` that adopt existing objects that are in no state. */
  entries: readonly PrintedEntry[];
}

/** How many events, and how many objects in the state and at the API, were compared. */
export interface Counts {
  events: number;
  state: { tenants: number; applications: number };
  api: { tenants: number; applications: number };
}

/** The results with all that was compared, which a repair needs. Those of a whole fleet would take too much memory. */
export interface WholeReconciliation extends Reconciliation {
  comparison: Comparison;
}

/**
 * Compares a stack's record, its state and the vendor. It changes nothing.
 *
 * @param sources `file`: a file that `pulumi stack export` wrote; default: the stack's present state. `read` reads its
 * journal
 */
export async function reconcile(
  stack: Stack,
  api: TenantManagementApi,
  { file, read = readJournal }: { file?: string | undefined; read?: ReadJournal } = {},
): Promise<WholeReconciliation> {
  const { comparison, warnings } = await gather(stack, api, file, read);
  const findings = compare(comparison);
  const entries = await entriesFor(stack, api, comparison, findings);
  return {
    stack,
    comparison,
    counts: countsOf(comparison),
    warnings: [...warnings, ...entries.warnings],
    findings,
    entries: entries.entries,
  };
}

function countsOf({ events, state, tenants, applications }: Comparison): Counts {
  return {
    events: events.length,
    state: { tenants: state.tenants.length, applications: state.applications.length },
    api: { tenants: tenants.length, applications: [...applications.values()].flat().length },
  };
}

/**
 * Ensures that a stack may be repaired: its whole record can be read, and no update is running.
 *
 * @throws with the obstacle
 */
export async function assertMayRepair({ stack, comparison }: WholeReconciliation): Promise<void> {
  assertRecordIsReadable(comparison);
  await assertNoUpdateRuns(stack, comparison);
}

/**
 * Makes the confirmed repairs and records them. It compares again first, since the question may have waited
 * for long: a repair whose finding is gone is skipped.
 *
 * @param agreed the findings whose repair was confirmed
 * @param onDone called with a sentence after each repair
 */
export async function repair(
  stack: Stack,
  api: TenantManagementApi,
  {
    agreed,
    reason,
    onDone,
  }: { agreed: readonly Finding[]; reason: string | undefined; onDone: (sentence: string) => void },
): Promise<void> {
  const { comparison, findings } = await reconcile(stack, api);
  await assertAsItWas(stack, comparison);
  const known = new Set(agreed.map(({ fix }) => JSON.stringify(fix)));
  const isAgreed = ({ fix }: Finding): boolean => known.has(JSON.stringify(fix));
  const record = await recordOfStack(stack, reason);
  await applyFixes({ stack, api, record }, comparison, findings.filter(isAgreed), onDone);
}
