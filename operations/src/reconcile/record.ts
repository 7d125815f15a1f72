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
import { oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Comparison } from "./comparison";

/** A recorded create whose object was created, as far as its creator knew. */
export interface RecordedObject {
  objectId: string;
  intent: IntentEvent | undefined;
  result: ResultEvent;
}

/** A journal's objects of one type, for one stack. */
export interface TypeRecord {
  /** The successful creates of this stack, by the id of the object. */
  made: ReadonlyMap<string, RecordedObject>;
  /** The creates of this stack that may have been executed, the newest first. */
  open: readonly IntentEvent[];
  /** Returns the ids of the objects that any stack has on record in this journal. */
  allIds(): ReadonlySet<string>;
  /** Returns the stack that has an object on record. */
  stackOf(objectId: string): string | undefined;
}

/** The records of each list of events: many findings need the same. */
const records = oncePer<readonly JournalEvent[], Map<string, TypeRecord>>(() => new Map());

/** Reads a journal's objects of a type, for one stack at one API. */
export function recordOf(
  events: readonly JournalEvent[],
  type: RecordedType,
  place: { stack: string; apiUrl: string },
): TypeRecord {
  // Events that are appended later belong to another record.
  const key = [type, place.stack, place.apiUrl, events.length].join("\n");
  const record = records(events).get(key) ?? readRecord(events, type, place);
  records(events).set(key, record);
  return record;
}

function readRecord(
  events: readonly JournalEvent[],
  type: RecordedType,
  { stack, apiUrl }: { stack: string; apiUrl: string },
): TypeRecord {
  const { ofType, creators, allIds } = recordOfAll(events, type, apiUrl);
  const own = ofType.filter((event) => event.stack === stack);
  const open = own
    .flatMap((event) => (event.event === "intent" && event.operation === "create" ? [event] : []))
    .filter((intent) => (resultOf(events, intent)?.outcome ?? "unknown") === "unknown");
  const intents = new Map(own.flatMap((event) => (event.event === "intent" ? [[event.id, event]] : [])));
  const made = own
    .filter((event) => event.event === "result" && event.operation === "create")
    .flatMap((result) => {
      const objectId = objectIdOf(result);
      if (result.event !== "result" || objectId === undefined) return [];
      return [[objectId, { objectId, result, intent: intents.get(result.intent) }] as const];
    });
  return {
    made: new Map(made),
    open: open.toReversed(),
    allIds,
    stackOf: (objectId) => creators.get(objectId),
  };
}

/** A journal's objects of one type at one API, for all stacks. */
interface RecordOfAll {
  ofType: readonly JournalEvent[];
  /** The stacks that have created objects, by the id of the object. */
  creators: ReadonlyMap<string, string>;
  allIds: () => ReadonlySet<string>;
}

/** The same for all stacks of a fleet, which may share a journal. */
const recordsOfAll = oncePer<readonly JournalEvent[], Map<string, RecordOfAll>>(() => new Map());

function recordOfAll(events: readonly JournalEvent[], type: RecordedType, apiUrl: string): RecordOfAll {
  const key = [type, apiUrl, events.length].join("\n");
  const record = recordsOfAll(events).get(key) ?? readRecordOfAll(events, type, apiUrl);
  recordsOfAll(events).set(key, record);
  return record;
}

function readRecordOfAll(events: readonly JournalEvent[], type: RecordedType, apiUrl: string): RecordOfAll {
  const ofType = events.filter((event) => event.type === type && event.apiUrl === apiUrl);
  const creators = new Map<string, string>();
  for (const event of ofType) {
    const objectId = event.operation === "create" ? objectIdOf(event) : undefined;
    if (objectId !== undefined && !creators.has(objectId)) creators.set(objectId, event.stack);
  }
  let ids: ReadonlySet<string> | undefined;
  return { ofType, creators, allIds: () => (ids ??= recordedIds(ofType, type)) };
}

/**
 * Returns the ids of the objects of a type that the stack has handed over, according to the state or, later,
 * the record.
 */
export function handedOver(
  type: RecordedType,
  { state, events, stack }: Pick<Comparison, "state" | "events" | "stack">,
): Set<string> {
  return new Set([...state.released, ...releasedIds(events, { type, stack })]);
}

/**
 * Returns whether the API knows any tenant in the state: otherwise the credentials most likely belong to
 * another organization.
 */
export const isAnyTenantKnown = oncePer(({ state, tenants }: Comparison): boolean => {
  const existing = new Set(tenants.map(({ tenantId }) => tenantId));
  return state.tenants.some(({ tenantId }) => existing.has(tenantId));
});

/**
 * Returns whether the API knows any tenant that the stack has or has created, or the user confirms that it
 * need not.
 */
export const isOrganizationKnown = oncePer((comparison: Comparison): boolean => {
  const { tenants, events, acceptsMissing } = comparison;
  const { made } = recordOf(events, "Tenant", comparison);
  return acceptsMissing || isAnyTenantKnown(comparison) || tenants.some(({ tenantId }) => made.has(tenantId));
});
