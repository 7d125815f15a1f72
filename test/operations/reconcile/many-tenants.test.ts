import { strict as assert } from "node:assert";

import { compare } from "../../../operations/src/reconcile/compare";
import type { Comparison } from "../../../operations/src/reconcile/comparison";
import { findExisting } from "../../../operations/src/reconcile/existing";
import type { JournalEvent } from "../../../provider/src/journal";
import { assertLinear } from "../../support/linear";
import {
  application,
  comparisonOf,
  Events,
  heldApplication,
  heldTenant,
  type Situation,
  tenant,
} from "./comparisons";

/** Counts how often the type of an event is read: once in each pass over the record. */
function counted(events: readonly JournalEvent[], onRead: () => void): JournalEvent[] {
  return events.map((event) => {
    const { type } = event;
    return Object.defineProperty({ ...event }, "type", {
      enumerable: true,
      get: () => {
        onRead();
        return type;
      },
    });
  });
}

/** Reconciles a stack with a number of tenants that were created, and returns how often its record was read. */
async function reconcileMany(count: number): Promise<number> {
  const events = new Events();
  const all = Array.from({ length: count }, (_, index) => {
    const [name, tenantId, applicationId] = [`customer-${index}`, `t-${index}`, `a-${index}`];
    const slot = `${name}/eu-1/default`;
    const createTenant = events.createTenant({ slot: name, parameters: { name } });
    const createApplication = events.createApplication({ slot, tenantId });
    return {
      tenant: tenant(tenantId, name),
      application: application(applicationId),
      heldTenant: heldTenant({ tenantId, name, slot: name }),
      heldApplication: heldApplication(applicationId, { tenantId, slot }),
      events: [
        createTenant,
        events.result(createTenant, "made", { tenantId }),
        createApplication,
        events.result(createApplication, "made", { applicationId }),
      ],
    };
  });
  let reads = 0;
  const record = counted(
    all.flatMap((one) => one.events),
    () => {
      reads += 1;
    },
  );
  const comparison = comparisonOf({
    events: record,
    heldTenants: all.map((one) => one.heldTenant),
    heldApplications: all.map((one) => one.heldApplication),
  });
  const applications = new Map(all.map((one) => [one.tenant.tenantId, [one.application]]));
  const api = {
    listTenants: () => Promise.resolve(all.map((one) => one.tenant)),
    listApplications: (tenantId: string) => Promise.resolve(applications.get(tenantId)),
    getTenant: () => Promise.resolve(undefined),
    getApplication: () => Promise.resolve(undefined),
    lookTwice: async <T>(look: () => Promise<T>) => [await look()],
  };
  const existing = await findExisting(api, comparison);
  assert.equal([...existing.applications.values()].flat().length, count);
  assert.deepEqual(compare({ ...comparison, ...existing }), []);
  return reads;
}

/** A stack in which each customer has one of each kind of problem. */
function manyProblems(count: number): Comparison {
  const events = new Events();
  const all = Array.from({ length: count }, (_, index) => {
    const [name, tenantId] = [`customer-${index}`, `t-${index}`];
    const slotOf = (purpose: string): string => `${name}/eu-1/${purpose}`;
    const made = (purpose: string): JournalEvent[] => {
      const create = events.createApplication({ slot: slotOf(purpose), tenantId });
      return [create, events.result(create, "made", { applicationId: `${purpose}-${index}` })];
    };
    const createTenant = events.createTenant({ slot: name, parameters: { name } });
    const lost = events.createTenant({ slot: `lost-${name}`, parameters: { name: `lost-${name}` } });
    return {
      events: [
        createTenant,
        events.result(createTenant, "made", { tenantId }),
        ...["held", "orphaned", "gone", "moved", "deleted"].flatMap(made),
        events.createApplication({ slot: slotOf("open"), tenantId }),
        events.remove({ type: "TenantApplication", tenantId, applicationId: `deleted-${index}` }),
        lost,
      ],
      tenants: [
        tenant(tenantId, name),
        tenant(`lost-${index}`, `lost-${name}`, new Date(Date.parse(lost.at) + 1_000).toISOString()),
      ],
      applications: [
        ...["held", "orphaned", "moved"].map((purpose) => application(`${purpose}-${index}`)),
        application(`unknown-${index}`, { cell: "us-1" }),
      ],
      heldTenant: heldTenant({ tenantId, name, slot: name }),
      heldApplications: ["held", "missing"].map((purpose) =>
        heldApplication(`${purpose}-${index}`, { tenantId, slot: slotOf(purpose) }),
      ),
      moved: [`moved-${index}`, "organization/project/other"] as const,
      changedSecret: {
        change: "overwritten",
        slot: slotOf("held"),
        urn: `urn:secret::${slotOf("held")}`,
        why: "It was changed.",
        secretArn: `arn:${index}`,
      } as NonNullable<Situation["changedSecrets"]>[number],
    };
  });
  return {
    ...comparisonOf({
      events: all.flatMap((one) => one.events),
      hour: 24,
      heldTenants: all.map((one) => one.heldTenant),
      heldApplications: all.flatMap((one) => one.heldApplications),
      tenants: all.flatMap((one) => one.tenants),
      elsewhere: Object.fromEntries(all.map((one) => one.moved)),
      changedSecrets: all.map((one) => one.changedSecret),
    }),
    applications: new Map(all.map((one) => [one.heldTenant.tenantId, one.applications])),
  };
}

describe("a reconciliation of many problems", () => {
  it("compares each without a search among all", async () => {
    await assertLinear((count) => {
      const comparison = manyProblems(count);
      return () => {
        const kinds = compare(comparison).map(({ kind }) => kind);
        for (const kind of [
          "orphanedTenant",
          "orphanedApplication",
          "unmanagedApplication",
          "lostApplication",
          "gone",
          "moved",
          "openIntent",
          "changedSecret",
        ])
          assert.ok(kinds.filter((one) => one === kind).length >= count, kind);
      };
    }, 20);
  });
});

describe("a reconciliation of many tenants", () => {
  it("reads the record no more often per tenant than for a few", async () => {
    const [few, many] = [await reconcileMany(10), await reconcileMany(80)];
    assert.ok(many <= few * 8, `${few} reads for 10 tenants, ${many} for 80`);
  });
});
