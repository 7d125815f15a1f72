import { strict as assert } from "node:assert";

import { compare } from "../../../operations/src/reconcile/compare";
import { findExisting } from "../../../operations/src/reconcile/existing";
import type { JournalEvent } from "../../../provider/src/journal";
import { application, comparisonOf, Events, heldApplication, heldTenant, tenant } from "./comparisons";

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

describe("a reconciliation of many tenants", () => {
  it("reads the record no more often per tenant than for a few", async () => {
    const [few, many] = [await reconcileMany(10), await reconcileMany(80)];
    assert.ok(many <= few * 8, `${few} reads for 10 tenants, ${many} for 80`);
  });
});
