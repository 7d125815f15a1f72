import { strict as assert } from "node:assert";

import { situationOf } from "resistant-tenants-service/actions/situation";
import { findRequest } from "resistant-tenants-service/actions/view";
import type { Person } from "resistant-tenants-service/person";
import type { NewRequest } from "resistant-tenants-service/requests/request";

import { saveCustomer } from "./customer";
import { makeService, newCustomer, type TestService, useDatabaseServer } from "./service";

describe("a customerId that another customer has", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({});
  });
  afterEach(() => service.close());

  /** Sends a request; returns the customers that it is said to share its `customerId` with. */
  async function sharers(request: NewRequest): Promise<readonly string[] | undefined> {
    const { database } = service.context;
    const row = await findRequest(database, await service.submit(requester, request));
    return (await situationOf(database, row)).sameCustomerId;
  }

  const created = (name: string, customerId: string, stage: "testing" | "production" = "production") =>
    ({ ...newCustomer(name, stage), customer: { name, customerId, cells: ["eu-1"] } }) as NewRequest;

  it("is accepted, and people are told whose it is", async () => {
    await saveCustomer(service, requester, "acme");
    assert.deepEqual(await sharers(created("beta", "crm-acme")), ["acme"]);
    assert.equal(await sharers(created("gamma", "crm-gamma")), undefined);
    assert.equal(await sharers(created("delta", "crm-acme", "testing")), undefined);
  });

  it("is the same if people see no difference, as in a stack", async () => {
    const { etag } = await saveCustomer(service, requester, "acme");
    await service.database.asOwner(`update customers set entry = entry || '{"customerId": "crm-\u00c5"}'`);
    assert.deepEqual(await sharers(created("beta", "crm-\u212b")), ["acme"]);
    assert.deepEqual(await sharers(created("gamma", "crm-\u00c5 ")), ["acme"]);
    const change = { name: "acme", customerId: "crm-\u212b", cells: ["eu-1"], owner: "team" };
    const common = { stage: "production", reason: "An owner.", basedOn: etag } as const;
    assert.equal(await sharers({ kind: "changeCustomer", ...common, customer: change }), undefined);
  });

  it("is mentioned in a change only if the change declares it", async () => {
    const { etag } = await saveCustomer(service, requester, "acme");
    await saveCustomer(service, requester, "beta");
    const change = (customerId: string): NewRequest => ({
      kind: "changeCustomer",
      stage: "production",
      reason: "Another identifier.",
      basedOn: etag,
      customer: { name: "acme", customerId, cells: ["eu-1"], owner: "team" },
    });
    assert.deepEqual(await sharers(change("crm-beta")), ["beta"]);
    await service.database.asOwner(`update customers set entry = entry || '{"customerId": "crm-beta"}'`);
    assert.equal(await sharers(change("crm-beta")), undefined);
  });
});
