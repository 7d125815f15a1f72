import type {
  EventEntry,
  IntentEvent,
  JournalEvent,
  Outcome,
  RecordedOperation,
  ResultEvent,
} from "../../../provider/src/journal";

let next = 0;

/** What the events of these tests have in common. */
const common = {
  v: 1,
  actor: "someone@somewhere",
  stack: "organization/project/dev",
  stage: "testing",
  apiUrl: "https://api.example/v0",
  type: "TenantApplication",
  slot: "acme/eu-1/default",
  tenantId: "t-1",
} as const;

/** Where the history of these tests is looked for. */
export const slot = { type: common.type, stack: common.stack, slot: common.slot, apiUrl: common.apiUrl };

/** Makes an intent; each is later than the one before. */
export function intent(operation: RecordedOperation, change: Partial<IntentEvent> = {}): IntentEvent {
  next += 1;
  const at = new Date(Date.UTC(2030, 0, 1, 0, 0, next)).toISOString();
  return { ...common, operation, event: "intent", id: `event-${next}`, at, parameters: {}, ...change };
}

/** Makes the result of an intent. */
export function result(of: IntentEvent, outcome: Outcome, applicationId?: string): ResultEvent {
  next += 1;
  const at = new Date(Date.UTC(2030, 0, 1, 0, 0, next)).toISOString();
  const { operation, type, slot: ofSlot } = of;
  const ids = applicationId === undefined ? {} : { applicationId };
  return {
    ...common,
    operation,
    type,
    slot: ofSlot,
    ...ids,
    event: "result",
    id: `event-${next}`,
    at,
    intent: of.id,
    outcome,
    durationMs: 1,
  };
}

/** Makes an event's line. */
export function entry(event: JournalEvent): EventEntry {
  return { kind: "event", where: "journal.jsonl:1", text: JSON.stringify(event), event };
}
