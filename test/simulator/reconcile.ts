import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { eventsOf, type StackRecord } from "pulumi-resistant-tenants/internal/journal";

import { compare } from "../../operations/src/reconcile/compare";
import type { Comparison } from "../../operations/src/reconcile/comparison";
import { findExisting } from "../../operations/src/reconcile/existing";
import type { Finding } from "../../operations/src/reconcile/finding";
import { applyFixes, type Repair } from "../../operations/src/reconcile/fix";
import { toHeldState } from "../../operations/src/stack/state";
import type { ReleasedCustomers } from "../fuzz/objects";
import { revertedReplacements } from "../fuzz/reverted";
import { apiUrl } from "./api";
import { CommandLife } from "./command-life";
import type { SimulatedStack } from "./stack";

/** Compares the journal, the state and the API, as `reconcile` does. */
export async function reconcile(
  stack: SimulatedStack,
): Promise<{ comparison: Comparison; findings: readonly Finding[]; api: TenantManagementApi }> {
  // The commands load the compiled package, which has the same interface.
  const api = stack.connect(new CommandLife()) as unknown as TenantManagementApi;
  const entries = stack.journal.entries().filter(({ kind }) => kind !== "unreadable");
  const events = eventsOf(entries);
  const state = toHeldState(exportedState(stack));
  const place = { stack: stack.name, apiUrl };
  const existing = await findExisting(api, { ...place, state, events });
  const comparison: Comparison = {
    ...place,
    events,
    unreadable: [],
    state,
    ...existing,
    elsewhere: { holders: new Map(), unread: new Map() },
    acceptsMissing: false,
    locks: [],
    emptySecrets: new Map(),
    changedSecrets: [],
    nowMs: Date.now(),
    clockAheadMs: api.clockAheadMs,
    typed: (args) => ["pulumi", ...args].join(" "),
    typedTenants: (args) => ["tenants", ...args].join(" "),
    fixCommand: "tenants reconcile --fix",
  };
  return { comparison, findings: compare(comparison), api };
}

/** Does what `reconcile --fix` does. */
export async function reconcileAndFix(stack: SimulatedStack): Promise<void> {
  const { comparison, findings, api } = await reconcile(stack);
  const pulumi = {
    run: () => {
      stack.checkpoint = { ...stack.checkpoint, pending: [] };
      return Promise.resolve("");
    },
  };
  const record = stack.recordOf(new CommandLife()) as unknown as StackRecord;
  const repair = { stack: { name: stack.name, pulumi }, api, record } as unknown as Repair;
  await applyFixes(repair, comparison, findings, () => undefined);
}

/**
 * Deletes what a replacement whose answer was lost has left behind, where `reconcile` says so.
 *
 * @returns Resolves with the ids of the applications.
 */
export async function deleteReverted(stack: SimulatedStack, released: ReleasedCustomers): Promise<string[]> {
  const held = new Set(stack.checkpoint.resources.map(({ id }) => id));
  const unheld = stack.api
    .tenants()
    .filter(({ name }) => !released.has(name))
    .flatMap(({ applications }) => applications.map(({ applicationId }) => applicationId))
    .filter((id) => !held.has(id));
  if (unheld.length === 0) return [];
  const { findings, comparison } = await reconcile(stack);
  const events = comparison.events;
  const reverted = revertedReplacements(unheld, events, findings);
  for (const id of reverted) stack.api.deleteApplication(id);
  return reverted;
}

function exportedState({ checkpoint }: SimulatedStack): unknown {
  return {
    deployment: {
      resources: checkpoint.resources,
      pending_operations: checkpoint.pending.map(({ type, resource }) => ({ type, resource })),
    },
  };
}
