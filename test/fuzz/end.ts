import { type JournalEvent, Memory, type Outcome, type Slot } from "../../provider/src/journal";
import { nameOfUrn, tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import type { TenantRecord } from "../../sandbox/api";

/** How a lifecycle ended once it was repaired, ids aside: the same for the engine and for the model of it. */
export interface End {
  /** Each tenant at the vendor, with its applications. */
  objects: string[];
  /** The tenants and applications in the state. */
  state: string[];
  /** What became of the last create in each slot on record. */
  record: string[];
}

/** What an end is read from. */
interface Ended {
  tenants: readonly TenantRecord[];
  resources: ReadonlyArray<{
    urn: string;
    type: string;
    id?: string | undefined;
    delete?: boolean | undefined;
  }>;
  events: readonly JournalEvent[];
}

/** A kill at another moment of the same request ends in another word for the same. */
const endings: Partial<Record<Outcome, string>> = {
  made: "made",
  recovered: "made",
  deleted: "deleted",
  gone: "deleted",
  released: "released",
};

/** Reads how a lifecycle ended. */
export function endOf({ tenants, resources, events }: Ended): End {
  const held = resources.filter(({ type }) => type === tenantType || type === tenantApplicationType);
  const heldIds = new Map(held.map(({ type, urn, id }) => [`${type} ${nameOfUrn(urn)}`, id]));
  const memory = new Memory();
  const slots = new Map<string, { slot: Slot; outcomes: Set<string> }>();
  for (const event of events) {
    memory.add(event);
    const { type, stack, slot, apiUrl, operation } = event;
    if (type !== "Tenant" && type !== "TenantApplication") continue;
    const name = `${type} ${slot}`;
    const heldId = heldIds.get(`${type === "Tenant" ? tenantType : tenantApplicationType} ${slot}`);
    const known = slots.get(name) ?? { slot: { type, stack, slot, apiUrl, heldId }, outcomes: new Set() };
    slots.set(name, known);
    if (event.event === "result" && endings[event.outcome] !== undefined)
      known.outcomes.add(`${operation} ${endings[event.outcome] ?? ""}`);
  }
  return {
    objects: tenants
      .map(({ name, applications }) =>
        [name, ...applications.map(({ cell, authMethod }) => `${cell} ${authMethod.type}`).toSorted()].join(
          ", ",
        ),
      )
      .toSorted(),
    state: held.map(({ type, urn }) => `${type.split(":").at(-1) ?? ""} ${nameOfUrn(urn)}`).toSorted(),
    record: [...slots]
      .map(([name, { slot, outcomes }]) =>
        [name, memory.historyOf(slot).kind, ...[...outcomes].toSorted()].join(", "),
      )
      .toSorted(),
  };
}
