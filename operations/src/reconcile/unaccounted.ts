import { objectIdOf, type RecordedType, resultOf } from "pulumi-resistant-tenants/internal/journal";
import { oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Comparison } from "./comparison";
import type { Finding } from "./finding";
import { handedOver, isOrganizationKnown, type RecordedObject, recordOf } from "./record";

/**
 * Finds what happened to objects that this stack has on record as created but no longer in its state,
 * although it neither deleted them nor handed them over: another stack has them, or they were deleted at the
 * vendor. Until that is on record, `audit verify` reports them.
 */
export function compareUnaccounted(comparison: Comparison): Finding[] {
  return (["Tenant", "TenantApplication"] as const).flatMap((type) =>
    unaccounted(type, comparison).flatMap((object) => {
      const holder = comparison.elsewhere.holders.get(object.objectId);
      if (holder !== undefined) return [moved(type, object, holder.stack, comparison)];
      return idsAtApi(comparison).has(object.objectId) ? [] : [gone(type, object, comparison)];
    }),
  );
}

/** The outcomes of a create that created something. */
const madeOutcomes: readonly string[] = ["made", "adopted", "recovered"];

function unaccounted(type: RecordedType, comparison: Comparison): RecordedObject[] {
  const { events, state, stack } = comparison;
  const accounted = new Set([
    ...(type === "Tenant" ? state.tenants : []).map(({ tenantId }) => tenantId),
    ...(type === "TenantApplication" ? state.applications : []).map(({ applicationId }) => applicationId),
    ...handedOver(type, comparison),
  ]);
  for (const event of events) {
    const objectId = event.type === type && event.stack === stack ? objectIdOf(event) : undefined;
    if (objectId === undefined) continue;
    const isDeleted =
      event.event === "result" &&
      event.operation === "delete" &&
      (event.outcome === "deleted" || event.outcome === "gone");
    // An open create is reported separately.
    const isOpen =
      event.event === "intent" && event.operation !== "create" && resultOf(events, event) === undefined;
    if (isDeleted || isOpen) accounted.add(objectId);
  }
  return [...recordOf(events, type, comparison).made.values()].filter(
    ({ objectId, result }) => madeOutcomes.includes(result.outcome) && !accounted.has(objectId),
  );
}

/** Returns the ids of all tenants and applications that the API has shown. */
const idsAtApi = oncePer(
  ({ tenants, applications }: Comparison) =>
    new Set([
      ...tenants.map(({ tenantId }) => tenantId),
      ...[...applications.values()].flat().map(({ applicationId }) => applicationId),
    ]),
);

function moved(
  type: "Tenant" | "TenantApplication",
  object: RecordedObject,
  to: string,
  { fixCommand }: Comparison,
): Finding {
  const { slot } = object.result;
  const ids = idsOf(object);
  return {
    kind: "moved",
    severity: "note",
    slot,
    ...ids,
    why: `${madeHere(object)}, and stack ${to} holds it now: it was moved there. It belongs to that stack: do not change it here.`,
    next: [fixCommand],
    fix: { action: "recordMove", type, slot, ...ids, to },
  };
}

function gone(type: "Tenant" | "TenantApplication", object: RecordedObject, comparison: Comparison): Finding {
  const { fixCommand } = comparison;
  const { slot } = object.result;
  const ids = idsOf(object);
  const common = { kind: "gone", severity: "note", slot, ...ids } as const;
  const why = `${madeHere(object)}; the state does not contain it, and the API does not find it by its id`;
  // With another organization's credentials everything would look deleted.
  if (!isOrganizationKnown(comparison)) {
    return {
      ...common,
      why: `${why}. But the API knows no tenant of this stack: the credentials may belong to another organization.`,
      next: [`if they are correct: TENANTS_ACCEPT_MISSING=true ${fixCommand}`],
    };
  }
  return {
    ...common,
    why: `${why}: it was deleted there, which is not recorded.`,
    next: [fixCommand],
    fix: { action: "recordGone", type, slot, ...ids },
  };
}

function madeHere({ result: { outcome, at, actor } }: RecordedObject): string {
  return `This stack recorded it as ${outcome} (${at}, by ${actor})`;
}

function idsOf({ result: { tenantId = "", applicationId } }: RecordedObject): {
  tenantId: string;
  applicationId?: string;
} {
  return { tenantId, ...(applicationId === undefined ? {} : { applicationId }) };
}
