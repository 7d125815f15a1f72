import {
  type IntentEvent,
  type JournalEvent,
  objectIdOf,
  recordedIds,
  type RecordedType,
  releasedIds,
  type ResultEvent,
  resultOf,
} from "pulumi-resistant-tenants/internal/journal";

import type { Comparison } from "./comparison";

/** A create on record whose object was made, as far as its maker was told. */
export interface RecordedObject {
  objectId: string;
  intent: IntentEvent | undefined;
  result: ResultEvent;
}

/** What a stack's journal says of the objects of one type. */
export interface TypeRecord {
  /** The creates of this stack that ended well, by the id of what they made. */
  made: ReadonlyMap<string, RecordedObject>;
  /** The creates of this stack that may have been carried out, the last first. */
  open: readonly IntentEvent[];
  /** The ids of the objects that any stack of this journal has on record. */
  all: ReadonlySet<string>;
  /** Which stack has an object on record. */
  stackOf(objectId: string): string | undefined;
}

/** Reads from a journal what it says of the objects of a type, of one stack at one API. */
export function recordOf(
  events: readonly JournalEvent[],
  type: RecordedType,
  { stack, apiUrl }: { stack: string; apiUrl: string },
): TypeRecord {
  const ofType = events.filter((event) => event.type === type && event.apiUrl === apiUrl);
  const own = ofType.filter((event) => event.stack === stack);
  const open = own
    .filter(({ operation }) => operation === "create")
    .flatMap((event) => asIntent(event) ?? [])
    .filter((intent) => (resultOf(events, intent)?.outcome ?? "unknown") === "unknown");
  const made = own
    .filter((event) => event.event === "result" && event.operation === "create")
    .flatMap((result) => {
      const objectId = objectIdOf(result);
      if (result.event !== "result" || objectId === undefined) return [];
      const intent = own.find((event) => event.event === "intent" && event.id === result.intent);
      return [[objectId, { objectId, result, intent: asIntent(intent) }] as const];
    });
  return {
    made: new Map(made),
    open: open.toReversed(),
    all: recordedIds(ofType, type),
    stackOf: (objectId) =>
      ofType.find((event) => event.operation === "create" && objectIdOf(event) === objectId)?.stack,
  };
}

/** Gives the ids of the objects of a type that the stack has handed over: the state tells it, or, later, the record. */
export function handedOver(
  type: RecordedType,
  { state, events, stack }: Pick<Comparison, "state" | "events" | "stack">,
): Set<string> {
  return new Set([...state.released, ...releasedIds(events, { type, stack })]);
}

/** Tells whether the API knows any tenant that the state holds: otherwise the credentials are most likely another organization's. */
export function isAnyTenantKnown({ state, tenants }: Comparison): boolean {
  const existing = new Set(tenants.map(({ tenantId }) => tenantId));
  return state.tenants.some(({ tenantId }) => existing.has(tenantId));
}

/** Tells whether the API knows any tenant that the stack holds or has made, or somebody insists that it need not. */
export function isOrganizationKnown(comparison: Comparison): boolean {
  const { tenants, events, acceptsMissing } = comparison;
  const { made } = recordOf(events, "Tenant", comparison);
  return acceptsMissing || isAnyTenantKnown(comparison) || tenants.some(({ tenantId }) => made.has(tenantId));
}

function asIntent(event: JournalEvent | undefined): IntentEvent | undefined {
  return event?.event === "intent" ? event : undefined;
}

/** Tells whether a create is the last one of its slot on record, and still open. */
export function isLastOfSlot(events: readonly JournalEvent[], intent: IntentEvent): boolean {
  const last = events.findLast(
    (event) =>
      event.event === "intent" &&
      event.operation === "create" &&
      event.type === intent.type &&
      event.stack === intent.stack &&
      event.slot === intent.slot &&
      event.apiUrl === intent.apiUrl,
  );
  return last?.id === intent.id;
}
