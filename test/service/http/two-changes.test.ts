import assert from "node:assert/strict";

import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { waitingFor } from "resistant-tenants-service/actions/waiting";
import type { Person } from "resistant-tenants-service/person";

import type { ApiClient } from "../../../sandbox/service/client";
import { recordOf } from "../records/customer";
import { newTenant, useHttpService } from "./harness";

const administrator: Person = {
  id: "00000000-0000-4000-8000-000000000000",
  issuer: "https://issuer.test",
  subject: "ada",
  person: "E-1005",
  name: "Ada",
  email: undefined,
  roles: ["administrator"],
  groups: [],
  authenticatedAt: undefined,
};

interface Shown {
  id: string;
  state: string;
  problem?: { code: string; differences: { path: string }[] };
}

describe("two changes of one customer at once", () => {
  const service = useHttpService();

  /** Has a request approved, and applied as the worker does. */
  async function approve(id: string): Promise<string> {
    const digest = await service().plan(id, `plan of ${id}`);
    const anna = await service().as("anna");
    await anna.expect(201, "POST", `/requests/${id}/approvals`, { decision: "approve", digest });
    return digest;
  }

  it("are both queued: the first is applied, the second gets the differences, and a third one is 409", async () => {
    const [rita, ravi] = [await service().as("rita"), await service().as("ravi")];
    const created = newTenant() as { customer: { name: string; customerId: string; cells: string[] } };
    const { customer } = created;
    const { id } = await rita.submit(created);
    const apply = async (requestId: string, digest: string, cells: string[]): Promise<void> => {
      await applyStarted(service().context, requestId, digest);
      await applied(service().context, requestId, {
        entry: { ...customer, cells },
        record: recordOf(customer.name, "production", cells),
      });
    };
    await apply(id, await approve(id), ["eu-1"]);
    const path = `/customers/production/${customer.name}`;
    const basedOn = (await rita.call("GET", path)).headers.get("etag") ?? "";
    const change = (cells: string[]) => ({
      kind: "changeCustomer",
      stage: "production",
      reason: "Another cell",
      basedOn,
      customer: { ...customer, cells },
    });
    const ask = async (client: ApiClient, cells: string[]): Promise<string> =>
      (await client.submit(change(cells))).id;
    const [one, two] = await Promise.all([ask(rita, ["eu-1", "us-1"]), ask(ravi, ["eu-1", "ca-1"])]);
    const [first, second] = [await approve(one), await approve(two)];
    for (const [client, request] of [
      [rita, one],
      [ravi, two],
    ] as const)
      assert.equal((await client.request(request)).state, "queued");
    await apply(one, first, ["eu-1", "us-1"]);
    const told = (await ravi.expect(200, "GET", `/requests/${two}`)) as Shown;
    assert.equal(told.state, "failed");
    assert.deepEqual(
      [told.problem?.code, told.problem?.differences.map((each) => each.path)],
      ["stale", ["cells"]],
    );
    const { failed } = await waitingFor(service().context, administrator);
    assert.deepEqual(failed, [], "a retry cannot help it");
    assert.deepEqual(await applyStarted(service().context, two, second), { isApproved: false, missing: 0 });

    const late = await ravi.call("POST", "/requests", change(["eu-1", "ca-1"]));
    const { differences } = late.body as { differences: { path: string; after: unknown }[] };
    assert.deepEqual([late.status, differences.map((each) => each.path)], [409, ["cells"]]);
    assert.deepEqual(differences[0]?.after, ["eu-1", "us-1"]);
    const { cells } = (await rita.call("GET", path)).body as { cells: string[] };
    assert.deepEqual(cells, ["eu-1", "us-1"]);
  });
});
