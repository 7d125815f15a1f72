import type { TenantManagementApi } from "pulumi-resistant-tenants/client";

import type { PrintedEntry } from "../entry/entry";
import { recordOfStack } from "../stack/record";
import type { Stack } from "../stack/stack";
import { compare } from "./compare";
import type { Comparison } from "./comparison";
import { entriesFor } from "./entries";
import type { Finding } from "./finding";
import { applyFixes, assertNoUpdateRuns, assertRecordIsReadable } from "./fix";
import { gather } from "./gather";

/** What the journal, the state and the API say of a stack, and where they differ. */
export interface Reconciliation {
  stack: Stack;
  comparison: Comparison;
  warnings: readonly string[];
  findings: readonly Finding[];
  /** The entries of `tenants:customers` that take over what lives and no state holds. */
  entries: readonly PrintedEntry[];
}

/**
 * Compares what a stack has on record, in its state and at the vendor. It changes nothing.
 *
 * @param file a state that `pulumi stack export` wrote; default: the stack's own
 */
export async function reconcile(
  stack: Stack,
  api: TenantManagementApi,
  file?: string,
): Promise<Reconciliation> {
  const { comparison, warnings } = await gather(stack, api, file);
  const findings = compare(comparison);
  const entries = await entriesFor(stack, api, comparison, findings);
  return {
    stack,
    comparison,
    warnings: [...warnings, ...entries.warnings],
    findings,
    entries: entries.entries,
  };
}

/**
 * Makes sure that a stack may be repaired: that all of its record can be read, and that no update of it runs.
 *
 * @throws with what is in the way
 */
export async function assertMayRepair({ stack, comparison }: Reconciliation): Promise<void> {
  assertRecordIsReadable(comparison);
  await assertNoUpdateRuns(stack, comparison);
}

/**
 * Repairs what was agreed to, on the record. It looks once more first, since the question may have stood for long: what
 * is no longer found is left alone.
 *
 * @param agreed the findings that somebody agreed to have repaired
 * @param onDone is given a sentence for each repair, as soon as it is made
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
  await assertNoUpdateRuns(stack, comparison);
  const isAgreed = ({ fix: wanted }: Finding): boolean =>
    agreed.some(({ fix: known }) => JSON.stringify(known) === JSON.stringify(wanted));
  const record = await recordOfStack(stack, reason);
  await applyFixes({ stack, api, record }, comparison, findings.filter(isAgreed), onDone);
}
