import {
  type IntentEvent,
  isSettledLater,
  objectIdOf,
  resultOf,
} from "pulumi-resistant-tenants/internal/journal";

import type { Comparison } from "./comparison";
import type { Finding, Fix } from "./finding";
import { applicationParameters, tenantParameters } from "./open-creates";
import { isAnyTenantKnown, recordOf } from "./record";

/** How long a request may still be under way after whoever sent it is gone, in milliseconds: far longer than any is. */
const surelyOverMs = 3_600_000;

/** How an intent ended that has no result. */
type Ending = Extract<Fix, { action: "settleIntent" }>["ending"];

/**
 * Finds what was cut off, and no later update comes back to: the record is open for good, until somebody looks how it
 * ended and writes it down.
 */
export function compareCutOff(comparison: Comparison): Finding[] {
  const { events, stack, apiUrl, fixCommand } = comparison;
  return events
    .filter((event) => event.event === "intent")
    .filter((intent) => intent.stack === stack && intent.apiUrl === apiUrl)
    .filter((intent) => resultOf(events, intent) === undefined && !isSettledLater(events, intent))
    .flatMap((intent) => {
      const ending = endingOf(intent, comparison);
      if (ending === undefined) return [];
      const { id, slot, operation, at, actor, tenantId, applicationId } = intent;
      return [
        {
          kind: "openIntent",
          severity: "note",
          slot,
          ...(tenantId === undefined ? {} : { tenantId }),
          ...(applicationId === undefined ? {} : { applicationId }),
          why: `Its ${operation} was begun ${at} by ${actor}, and how it ended was not recorded: ${whys[ending.outcome]}.`,
          next: [fixCommand],
          fix: { action: "settleIntent", intentId: id, ending, operation, slot },
        },
      ];
    });
}

const whys: Record<Ending["outcome"], string> = {
  made: "the state holds what it made",
  gone: "it is gone",
  released: "the stack has let go of it",
  failed: "nothing came of it",
  unknown: "no update came back to it, and what it asked for may be done",
};

/** Gives how an intent ended, by what is there now; undefined where that is not certain, or the next update tells. */
function endingOf(intent: IntentEvent, comparison: Comparison): Ending | undefined {
  const { state, locks } = comparison;
  switch (intent.type) {
    case "Tenant":
    case "TenantApplication":
      return intent.operation === "create"
        ? endingOfCreate(intent, comparison)
        : endingOfParting(intent, comparison);
    case "Customer":
    case "Secret":
      return { outcome: "unknown" };
    case "Lock":
      return locks.length === 0 ? { outcome: "gone" } : undefined;
    case "PendingOperation":
    case "EmptySecret":
      return state.pending.length === 0 ? { outcome: "gone" } : undefined;
  }
}

/** A create has made what the state holds in its place, where nothing else did; or nothing, where there is nothing. */
function endingOfCreate(intent: IntentEvent, comparison: Comparison): Ending | undefined {
  const { events, nowMs } = comparison;
  const { type, slot, known = [] } = intent;
  const { all } = recordOf(events, type, comparison);
  const objects = objectsOf(type, comparison);
  const held = objects.find((object) => object.isHeld && object.slot === slot);
  if (held !== undefined) {
    const isOfThis = held.exists && !all.has(held.objectId) && !known.includes(held.objectId);
    if (!isOfThis) return undefined;
    const { objectId, clientId } = held;
    return type === "Tenant"
      ? { outcome: "made", tenantId: objectId }
      : { outcome: "made", applicationId: objectId, ...(clientId === undefined ? {} : { clientId }) };
  }
  if (isMoved(intent, comparison)) return { outcome: "released" };
  const isOver = nowMs - Date.parse(intent.at) > surelyOverMs;
  return isOver && !mayHaveMade(intent, comparison) ? { outcome: "failed" } : undefined;
}

/** Tells whether another stack holds what a create has made: its resource was moved there before its end was known. */
function isMoved({ type, slot, known = [] }: IntentEvent, comparison: Comparison): boolean {
  const { elsewhere, events } = comparison;
  const { all } = recordOf(events, type, comparison);
  return objectsOf(type, comparison).some(
    ({ objectId }) =>
      elsewhere.holders.get(objectId)?.slot === slot && !all.has(objectId) && !known.includes(objectId),
  );
}

/** Tells whether something is there that a create may have made. */
function mayHaveMade(intent: IntentEvent, { tenants, applications, state }: Comparison): boolean {
  if (intent.type === "Tenant") {
    const { name } = tenantParameters.parse(intent.parameters);
    return tenants.some((tenant) => tenant.name === name);
  }
  const { cell } = applicationParameters.parse(intent.parameters);
  const held = new Set(state.applications.map(({ applicationId }) => applicationId));
  return (applications.get(intent.tenantId ?? "") ?? []).some(
    (application) =>
      application.cell === cell &&
      !held.has(application.applicationId) &&
      !(intent.known ?? []).includes(application.applicationId),
  );
}

/** Of a delete or a release. */
function endingOfParting(intent: IntentEvent, comparison: Comparison): Ending | undefined {
  const objectId = objectIdOf(intent);
  const object = objectsOf(intent.type, comparison).find((other) => other.objectId === objectId);
  const { isHeld = false, exists = false, isToBeDeleted = false } = object ?? {};
  if (isToBeDeleted) return undefined;
  if (intent.operation === "release") return { outcome: isHeld ? "failed" : "released" };
  // What the state holds and the API does not, and the other way round, are findings of their own.
  if (exists !== isHeld) return undefined;
  if (exists) return { outcome: "failed" };
  // With the credentials of another organization everything would look gone.
  const isOurs = comparison.state.tenants.length === 0 || isAnyTenantKnown(comparison);
  return isOurs ? { outcome: "gone" } : undefined;
}

interface ComparedObject {
  objectId: string;
  slot?: string;
  clientId?: string;
  isHeld: boolean;
  exists: boolean;
  isToBeDeleted: boolean;
}

/** Gives the objects of a type that the state holds, and those that the API shows beside them. */
function objectsOf(
  type: IntentEvent["type"],
  { state, tenants, applications }: Comparison,
): ComparedObject[] {
  const isTenant = type === "Tenant";
  const existing = isTenant
    ? tenants.map(({ tenantId }) => ({ objectId: tenantId }))
    : [...applications.values()]
        .flat()
        .map(({ applicationId, clientId }) => ({ objectId: applicationId, clientId }));
  const held = isTenant
    ? state.tenants.map((tenant) => ({ ...tenant, objectId: tenant.tenantId }))
    : state.applications.map((application) => ({ ...application, objectId: application.applicationId }));
  const ids = new Set(existing.map(({ objectId }) => objectId));
  const heldIds = new Set(held.map(({ objectId }) => objectId));
  return [
    ...held.map((object) => ({ ...object, isHeld: true, exists: ids.has(object.objectId) })),
    ...existing
      .filter(({ objectId }) => !heldIds.has(objectId))
      .map((object) => ({ ...object, isHeld: false, exists: true, isToBeDeleted: false })),
  ];
}
