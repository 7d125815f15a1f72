import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { eventsOf } from "pulumi-resistant-tenants/internal/journal";
import { assertSameEnvironment } from "pulumi-resistant-tenants/internal/operator";

import { asOneRecord } from "../stack/former-names";
import { findLocks } from "../stack/lock";
import type { Stack } from "../stack/stack";
import { readState } from "../stack/state";
import type { Comparison } from "./comparison";
import { findElsewhere, unheldIds } from "./elsewhere";
import { findExisting, idsOnRecord } from "./existing";
import { findPendingSecrets } from "./pending-secrets";
import { lookAtSecrets } from "./secrets";

/** What was gathered to be compared, and what could not be. */
export interface Gathered {
  comparison: Comparison;
  warnings: string[];
}

/**
 * Reads the journal, the state and the API. It changes nothing anywhere.
 *
 * @param file a state that `pulumi stack export` wrote; undefined for the stack's own
 */
export async function gather(
  stack: Stack,
  api: TenantManagementApi,
  file: string | undefined,
): Promise<Gathered> {
  const { name, settings, journal, pulumi } = stack;
  const [locks, state, entries] = await Promise.all([
    findLocks(stack),
    readState(pulumi, file),
    journal.entries(),
  ]);
  // Before anything is sent: a token goes to no API but the one that this stack was made at.
  for (const { urn, stage, apiUrl } of [...state.tenants, ...state.applications]) {
    assertSameEnvironment(urn, { stage, apiUrl }, settings);
  }
  const unreadable = entries.filter(({ kind }) => kind === "unreadable");
  const events = await asOneRecord(stack, eventsOf(entries.filter(({ kind }) => kind !== "unreadable")));
  const place = { stack: name, apiUrl: settings.apiUrl };
  const existing = await findExisting(api, { ...place, state, events });
  const secrets = await findPendingSecrets(state.pending, stack.aws);
  const elsewhere = await findElsewhere(
    stack,
    unheldIds({ state, emptySecrets: secrets.empty }, existing, idsOnRecord({ ...place, events })),
  );
  // A state of before says nothing about the secrets of today.
  const looked = await lookAtSecrets(stack, file === undefined ? state.storedVersions : []);
  const comparison: Comparison = {
    ...place,
    events,
    unreadable: unreadable.map(({ where }) => where),
    state,
    ...existing,
    elsewhere,
    acceptsMissing: stack.environment["TENANTS_ACCEPT_MISSING"] === "true",
    locks,
    emptySecrets: secrets.empty,
    changedSecrets: looked.changed,
    nowMs: Date.now(),
    clockAheadMs: api.clockAheadMs,
    typed: (args) => pulumi.typed(args),
    typedTenants: (args) => stack.typed(args),
    fixCommand: stack.typed(["reconcile", "--fix"]),
  };
  return {
    comparison,
    warnings: [
      ...journalWarnings(stack, comparison),
      ...lockWarnings(stack, comparison),
      ...secrets.warnings,
      ...unreadWarnings(comparison),
      ...looked.warnings,
    ],
  };
}

function journalWarnings({ journal, name }: Stack, { events, state }: Comparison): string[] {
  const holdsAnything = state.tenants.length > 0 || state.pending.length > 0;
  if (!holdsAnything || events.some(({ stack }) => stack === name)) return [];
  return [
    `The journal ${journal.location} has nothing on record for this stack: it is gone, or this is not where it is (tenants:journal). What is found is found by the state and the API alone, and nothing can be told to be this stack's.`,
  ];
}

function unreadWarnings({ elsewhere }: Comparison): string[] {
  return [...elsewhere.unread].map(
    ([name, why]) =>
      `The state of stack ${name} could not be read, so what it holds is not known, and --fix deletes nothing: ${why}`,
  );
}

function lockWarnings({ backendUrl }: Stack, { locks }: Comparison): string[] {
  if (locks !== "unseen") return [];
  const backend = backendUrl.split(":")[0] ?? "";
  return [`A ${backend} backend does not show its locks: see that no update of this stack runs.`];
}
