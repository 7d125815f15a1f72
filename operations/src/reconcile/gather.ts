import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import { assertSameEnvironment } from "pulumi-resistant-tenants/internal/operator";

import { asOneRecord } from "../stack/former-names";
import { findLocks } from "../stack/lock";
import type { Stack } from "../stack/stack";
import { readState } from "../stack/state";
import type { Comparison } from "./comparison";
import { findElsewhere } from "./elsewhere";
import { findExisting, idsOnRecord, unheldIds } from "./existing";
import type { ReadJournal } from "./journals";
import { findPendingSecrets } from "./pending-secrets";
import { lookAtSecrets } from "./secrets";

/** What was gathered for the comparison, and warnings about the rest. */
export interface Gathered {
  comparison: Comparison;
  warnings: string[];
}

/**
 * Reads the journal, the state and the API. It changes nothing.
 *
 * @param file a file that `pulumi stack export` wrote; undefined for the stack's present state
 * @param readJournal reads the stack's journal
 */
export async function gather(
  stack: Stack,
  api: TenantManagementApi,
  file: string | undefined,
  readJournal: ReadJournal,
): Promise<Gathered> {
  const { name, settings, pulumi } = stack;
  const [locks, state, { events: all, unreadable }] = await Promise.all([
    findLocks(stack),
    readState(pulumi, file),
    readJournal(stack),
  ]);
  // Before anything is sent: a token goes only to the API where this stack was created.
  for (const { urn, stage, apiUrl } of [...state.tenants, ...state.applications]) {
    assertSameEnvironment(urn, { stage, apiUrl }, settings);
  }
  const events = await asOneRecord(stack, all);
  const place = { stack: name, apiUrl: settings.apiUrl };
  const existing = await findExisting(api, { ...place, state, events });
  const secrets = await findPendingSecrets(state.pending, stack.aws);
  const elsewhere = await findElsewhere(
    stack,
    unheldIds({ state, emptySecrets: secrets.empty }, existing, idsOnRecord({ ...place, events })),
  );
  // An older state says nothing about the present secrets.
  const looked = await lookAtSecrets(stack, file === undefined ? state.storedVersions : []);
  const comparison: Comparison = {
    ...place,
    events,
    unreadable,
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
    `The journal ${journal.location} records nothing for this stack: it is lost, or elsewhere (tenants:journal). The findings come only from the state and the API, and no object can be attributed to this stack.`,
  ];
}

function unreadWarnings({ elsewhere }: Comparison): string[] {
  return [...elsewhere.unread].map(
    ([name, why]) =>
      `The state of stack ${name} could not be read, so its contents are unknown, and --fix deletes nothing: ${why}`,
  );
}

function lockWarnings({ backendUrl }: Stack, { locks }: Comparison): string[] {
  if (locks !== "unseen") return [];
  const backend = backendUrl.split(":")[0] ?? "";
  return [`A ${backend} backend does not show its locks: make sure that no update of this stack is running.`];
}
