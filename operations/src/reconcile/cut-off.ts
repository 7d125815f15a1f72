import {
  type IntentEvent,
  isLastCreate,
  isSettledLater,
  objectIdOf,
  resultOf,
} from "pulumi-resistant-tenants/internal/journal";
import { groupBy, oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Comparison } from "./comparison";
import type { Finding, Fix } from "./finding";
import { heldIndex } from "./held-index";
import { applicationParameters, tenantParameters } from "./open-creates";
import { isAnyTenantKnown, recordOf } from "./record";

/** How long a request may still be running after its sender has ended, in milliseconds: far longer than any takes. */
const surelyOverMs = 3_600_000;

/** How an intent without a result ended. */
type Ending = Extract<Fix, { action: "settleIntent" }>["ending"];

/**
 * Finds operations that were interrupted and that no later update completes: their record stays open until
 * someone finds out how they ended and records it.
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
          why: `Its ${operation} was started ${at} by ${actor}, and its end was not recorded: ${whys[ending.outcome]}.`,
          next: [fixCommand],
          fix: { action: "settleIntent", intentId: id, ending, operation, slot },
        },
      ];
    });
}

const whys: Record<Ending["outcome"], string> = {
  made: "the state contains what it created",
  adopted: "the state contains what it adopted",
  gone: "it is deleted",
  released: "the stack has released it",
  failed: "it had no effect",
  unknown: "no update returned to it, and it may have taken effect",
};

/**
 * Returns how an intent ended, from what exists now; undefined if that is uncertain, or the next update will
 * record it.
 */
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

/** A create has created what the state has in its slot, if nothing else did; or nothing, if nothing exists. */
function endingOfCreate(intent: IntentEvent, comparison: Comparison): Ending | undefined {
  const { events, nowMs } = comparison;
  const { type, slot, known = [] } = intent;
  const recorded = recordOf(events, type, comparison).allIds();
  const [held] = objectsOf(type, comparison).heldIn.get(slot) ?? [];
  if (held !== undefined) {
    const { adopt } = intent.parameters;
    // Of several, only the last one can have created it.
    if (!isLastCreate(events, intent)) return undefined;
    const isOfThis =
      held.exists &&
      (adopt === undefined || adopt === held.objectId) &&
      !recorded.has(held.objectId) &&
      !known.includes(held.objectId);
    if (!isOfThis) return undefined;
    const { objectId, clientId } = held;
    const outcome = adopt === undefined ? "made" : "adopted";
    return type === "Tenant"
      ? { outcome, tenantId: objectId }
      : { outcome, applicationId: objectId, ...(clientId === undefined ? {} : { clientId }) };
  }
  if (isMoved(intent, comparison)) return { outcome: "released" };
  const isOver = nowMs - Date.parse(intent.at) > surelyOverMs;
  return isOver && !mayHaveMade(intent, comparison) ? { outcome: "failed" } : undefined;
}

/** Returns whether another stack has what a create created: its resource was moved there before its end was known. */
function isMoved({ type, slot, known = [] }: IntentEvent, comparison: Comparison): boolean {
  const recorded = recordOf(comparison.events, type, comparison).allIds();
  return (objectsOf(type, comparison).elsewhereIn.get(slot) ?? []).some(
    ({ objectId }) => !recorded.has(objectId) && !known.includes(objectId),
  );
}

/** Returns whether something exists that a create may have created. */
function mayHaveMade(intent: IntentEvent, { tenants, applications, state }: Comparison): boolean {
  if (intent.type === "Tenant") {
    const { name } = tenantParameters.parse(intent.parameters);
    return name !== undefined && namesOf(tenants).has(name);
  }
  const { cell } = applicationParameters.parse(intent.parameters);
  const { applicationIds: held } = heldIndex(state);
  return (applications.get(intent.tenantId ?? "") ?? []).some(
    (application) =>
      application.cell === cell &&
      !held.has(application.applicationId) &&
      !(intent.known ?? []).includes(application.applicationId),
  );
}

const namesOf = oncePer((tenants: Comparison["tenants"]) => new Set(tenants.map(({ name }) => name)));

/** Returns how a delete or a release ended. */
function endingOfParting(intent: IntentEvent, comparison: Comparison): Ending | undefined {
  const objectId = objectIdOf(intent);
  const { byId } = objectsOf(intent.type, comparison);
  const [object] = (objectId === undefined ? undefined : byId.get(objectId)) ?? [];
  const { isHeld = false, exists = false, isToBeDeleted = false } = object ?? {};
  if (isToBeDeleted) return undefined;
  if (intent.operation === "release") return { outcome: isHeld ? "failed" : "released" };
  // What exists only in the state or only in the API is a separate finding.
  if (exists !== isHeld) return undefined;
  if (exists) return { outcome: "failed" };
  // With another organization's credentials everything would look deleted.
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

/** The objects of a type, by what they are searched for. */
interface ComparedObjects {
  /** The objects in the state, by slot. */
  heldIn: ReadonlyMap<string, readonly ComparedObject[]>;
  byId: ReadonlyMap<string, readonly ComparedObject[]>;
  /** The objects that other stacks have, by their slot there. */
  elsewhereIn: ReadonlyMap<string, readonly ComparedObject[]>;
}

const tenantsOf = oncePer((comparison: Comparison) => indexObjects("Tenant", comparison));
const applicationsOf = oncePer((comparison: Comparison) => indexObjects("TenantApplication", comparison));

function objectsOf(type: IntentEvent["type"], comparison: Comparison): ComparedObjects {
  return type === "Tenant" ? tenantsOf(comparison) : applicationsOf(comparison);
}

function indexObjects(type: "Tenant" | "TenantApplication", comparison: Comparison): ComparedObjects {
  const objects = listObjects(type, comparison);
  return {
    heldIn: groupBy(
      objects.filter(({ isHeld }) => isHeld),
      ({ slot }) => slot,
    ),
    byId: groupBy(objects, ({ objectId }) => objectId),
    elsewhereIn: groupBy(objects, ({ objectId }) => comparison.elsewhere.holders.get(objectId)?.slot),
  };
}

/** Returns the objects of a type in the state, and all others that the API shows. */
function listObjects(
  type: "Tenant" | "TenantApplication",
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
