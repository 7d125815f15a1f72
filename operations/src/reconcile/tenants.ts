import { type ApiTenant, parseInstant } from "pulumi-resistant-tenants/client";
import { type IntentEvent, isLastCreate, mayBeDeleted } from "pulumi-resistant-tenants/internal/journal";
import { clockToleranceMs, tenantType } from "pulumi-resistant-tenants/internal/operator";
import { groupBy } from "pulumi-resistant-tenants/internal/vocabulary";

import type { HeldTenant } from "../stack/state";
import type { Comparison } from "./comparison";
import { createdForStack, createStarted, deletionUnanswered, type Finding, recordedOnly } from "./finding";
import { heldIndex } from "./held-index";
import { tenantParameters } from "./open-creates";
import { handedOver, isAnyTenantKnown, recordOf, type TypeRecord } from "./record";

/** Finds problems with tenants. */
export function compareTenants(comparison: Comparison): Finding[] {
  const { state, tenants, events, elsewhere } = comparison;
  const record = recordOf(events, "Tenant", comparison);
  const { tenantIds: held } = heldIndex(state);
  const released = handedOver("Tenant", comparison);
  const existing = new Set(tenants.map(({ tenantId }) => tenantId));
  const names = new Set(tenants.map(({ name }) => name));
  const open = groupBy(record.open, ({ parameters }) => tenantParameters.parse(parameters).name);
  return [
    ...tenants
      .filter(({ tenantId }) => !held.has(tenantId) && !released.has(tenantId))
      // What this stack created and another one has is reported as moved.
      .filter(({ tenantId }) => !(record.made.has(tenantId) && elsewhere.holders.has(tenantId)))
      .map((tenant) => notHeld(tenant, open.get(tenant.name)?.[0], record, comparison)),
    ...state.tenants.flatMap((tenant) =>
      existing.has(tenant.tenantId) ? partlyMade(tenant, comparison) : lost(tenant, comparison),
    ),
    ...record.open
      .filter((intent) => isLastCreate(events, intent))
      .filter((intent) => !names.has(tenantParameters.parse(intent.parameters).name ?? ""))
      .map((intent) => openIntent(intent, comparison)),
  ];
}

/** @param intent the newest create of a tenant of its name whose end is unknown */
function notHeld(
  tenant: ApiTenant,
  intent: IntentEvent | undefined,
  record: TypeRecord,
  comparison: Comparison,
): Finding {
  const { tenantId, name } = tenant;
  const common = { tenantId, tenantName: name };
  const made = record.made.get(tenantId);
  if (made !== undefined) {
    const { slot } = made.result;
    return {
      ...common,
      kind: "orphanedTenant",
      severity: "todo",
      slot,
      why: `${recordedOnly(made.result)}.${applicationsIn(tenant, comparison)}`,
      next: takeOver(tenant, comparison),
    };
  }
  const holder = comparison.elsewhere.holders.get(tenantId);
  if (
    holder === undefined &&
    intent !== undefined &&
    !record.allIds().has(tenantId) &&
    isSince(tenant, intent, comparison)
  ) {
    return {
      ...common,
      kind: "orphanedTenant",
      severity: "todo",
      slot: intent.slot,
      why: `${createStarted(intent)}, and the answer never arrived.${applicationsIn(tenant, comparison)}`,
      next: takeOver(tenant, comparison),
    };
  }
  return unmanaged(tenant, record, comparison);
}

/** A creation time in the future lacks its time zone or is wrong: it proves nothing. */
function isSince(tenant: ApiTenant, intent: IntentEvent, { clockAheadMs, nowMs }: Comparison): boolean {
  const createdAtMs = parseInstant(tenant.createdAt);
  if (createdAtMs === undefined) return false;
  const sinceMs = Date.parse(intent.at) + clockAheadMs - clockToleranceMs;
  return createdAtMs >= sinceMs && createdAtMs <= nowMs + clockAheadMs + clockToleranceMs;
}

function unmanaged(tenant: ApiTenant, record: TypeRecord, { state, elsewhere }: Comparison): Finding {
  const { tenantId, name } = tenant;
  const otherStack = record.stackOf(tenantId);
  const holder = elsewhere.holders.get(tenantId);
  const pending = state.pending.find(({ type, inputs }) => type === tenantType && inputs["name"] === name);
  const common = { kind: "unmanagedTenant", tenantId, tenantName: name } as const;
  if (holder !== undefined) {
    return { ...common, severity: "note", why: `Stack ${holder.stack} holds it.`, next: [] };
  }
  if (pending !== undefined) {
    return {
      ...common,
      severity: "todo",
      slot: pending.slot,
      why: `Neither the state nor the journal contains it, but a create of the tenant "${name}" is pending in the state, and may have created it.`,
      next: [`adopt: ${tenantId}`],
    };
  }
  return {
    ...common,
    severity: "note",
    why:
      otherStack === undefined
        ? "Neither the state nor the journal contains it: it may belong to another stack, or was created by hand."
        : createdForStack(otherStack),
    next: [],
  };
}

function takeOver(tenant: ApiTenant, { applications, typed }: Comparison): string[] {
  const isEmpty = (applications.get(tenant.tenantId) ?? []).length === 0;
  return [...(isEmpty ? [typed(["up"])] : []), `adopt: ${tenant.tenantId}`];
}

function applicationsIn({ tenantId }: ApiTenant, { applications }: Comparison): string {
  const ids = (applications.get(tenantId) ?? []).map(({ applicationId }) => applicationId);
  return ids.length === 0 ? " It has no application." : ` It has the applications ${ids.join(", ")}.`;
}

function lost(tenant: HeldTenant, comparison: Comparison): Finding[] {
  const { tenantId, name, slot, urn, isToBeDeleted } = tenant;
  const { typed, events } = comparison;
  // The next update deletes it, and handles that it is already missing.
  if (isToBeDeleted) return [];
  const common = {
    kind: "lostTenant",
    slot,
    urn,
    tenantId,
    ...(name === undefined ? {} : { tenantName: name }),
  } as const;
  if (mayBeDeleted(events, "Tenant", tenantId)) {
    return [
      {
        ...common,
        severity: "todo",
        why: deletionUnanswered,
        next: [typed(["up"]), typed(["destroy"])],
      },
    ];
  }
  const isAnyKnown = isAnyTenantKnown(comparison);
  return [
    {
      ...common,
      severity: "todo",
      why: isAnyKnown
        ? "The state contains it, but the API does not know it."
        : "The state contains it, but the API knows no tenant of this stack: the credentials most likely belong to another organization.",
      next: isAnyKnown
        ? [typed(["refresh"]), typed(["up"])]
        : [typed(["config", "get", "tenants:clientId"]), `TENANTS_ACCEPT_MISSING=true ${typed(["refresh"])}`],
    },
  ];
}

function partlyMade(tenant: HeldTenant, { typed }: Comparison): Finding[] {
  if (!tenant.isPartlyMade) return [];
  const { slot, urn, tenantId } = tenant;
  return [
    {
      kind: "partlyMade",
      severity: "todo",
      slot,
      urn,
      tenantId,
      why: "It was created, but the answer was incomplete: the state lacks a part of it.",
      next: [typed(["up"])],
    },
  ];
}

function openIntent(intent: IntentEvent, { typed }: Comparison): Finding {
  const { name } = tenantParameters.parse(intent.parameters);
  return {
    kind: "openIntent",
    severity: "note",
    slot: intent.slot,
    ...(name === undefined ? {} : { tenantName: name }),
    why: `Its create was started ${intent.at} by ${intent.actor}, but the API shows no result: the next update settles it.`,
    next: [typed(["up"])],
  };
}
