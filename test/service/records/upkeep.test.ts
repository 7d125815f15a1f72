import { strict as assert } from "node:assert";

import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { planMade } from "resistant-tenants-service/actions/planned";
import { readCustomer } from "resistant-tenants-service/customers/customers";
import { rotationsDue } from "resistant-tenants-service/customers/rotations";
import { sprawl } from "resistant-tenants-service/customers/sprawl";
import type { Person } from "resistant-tenants-service/person";
import { newRequestSchema } from "resistant-tenants-service/requests/request";
import { storeTenants } from "resistant-tenants-service/work/vendor-names";

import { recordOf, saveCustomer } from "./customer";
import {
  makeService,
  makeSettings,
  newCustomer,
  planOf,
  type TestService,
  useDatabaseServer,
} from "./service";

const dayMs = 24 * 3_600_000;

describe("what is to be looked after", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({});
  });
  afterEach(() => service.close());

  async function applyInTesting(name: string, endsOn?: string): Promise<void> {
    const { context } = service;
    const request = { ...newCustomer(name, "testing"), ...(endsOn === undefined ? {} : { endsOn }) };
    const id = await service.submit(requester, request);
    const plan = planOf(id);
    await planMade(context, id, plan);
    await applyStarted(context, id, plan.digest);
    await applied(context, id, {
      entry: (request as { customer: Record<string, unknown> }).customer,
      record: recordOf(name, "testing"),
      ...(endsOn === undefined ? {} : { endsOn }),
    });
  }

  it("is a testing customer past its end date, one deprecated for more than 90 days, and a tenant that no record knows", async () => {
    const today = service.context.now().toISOString().slice(0, 10);
    await applyInTesting("trial", today);
    await applyInTesting("kept");
    const { etag } = await saveCustomer(service, requester, "acme");
    const named = { stage: "production", reason: "End.", basedOn: etag, customer: { name: "acme" } } as const;
    const id = await service.submit(requester, { ...named, kind: "deprecate" });
    await service.database.asOwner("alter table requests disable trigger all");
    await service.database.asOwner("update requests set state = 'applying' where id = $1", [id]);
    const entry = { name: "acme", customerId: "crm-acme", cells: ["eu-1"], status: "deprecated" };
    await applied(service.context, id, {
      entry,
      record: { ...recordOf("acme", "production"), status: "deprecated" },
    });
    await service.database.asOwner(
      "insert into vendor_tenants values ('testing', 'unknown', 'stray', now()), ('testing', 'tenant-testing-kept', 'kept', now())",
    );
    await service.database.asOwner(
      "insert into vendor_tenant_details values ('testing', 'unknown', '[\"us-1\"]', now() - interval '1 day')",
    );
    assert.equal((await readCustomer(service.context, requester, "testing", "trial")).endsOn, today);
    const kinds = async (): Promise<string[][]> =>
      (await sprawl(service.context)).map(({ kind, customer }) => [kind, customer]);
    assert.deepEqual(await kinds(), [["unknownTenant", "stray"]]);
    service.later(91 * dayMs);
    assert.deepEqual(
      new Set((await kinds()).map(String)),
      new Set(["unknownTenant,stray", "pastEnd,trial", "deprecated,acme"]),
    );
    const found = await sprawl(service.context);
    for (const { request } of found) assert.ok(newRequestSchema.safeParse(request).success);
    const stray = found.find(({ kind }) => kind === "unknownTenant");
    assert.deepEqual(stray?.request, {
      kind: "adopt",
      stage: "testing",
      reason: "without a record",
      customer: { name: "stray", customerId: "stray", adopt: "unknown", cells: ["us-1"] },
    });
    const trial = found.find(({ kind }) => kind === "pastEnd");
    assert.ok(trial !== undefined);
    await service.submit(requester, trial.request);
  });

  it("is an unknown tenant since it was first seen, even if later lists lacked it", async () => {
    const stray = { tenantId: "unknown", name: "stray", cells: ["eu-1"] };
    await storeTenants(service, "testing", [stray]);
    const [first] = await sprawl(service.context);
    service.later(dayMs);
    for (const listed of [[], [], [stray]]) await storeTenants(service, "testing", listed);
    assert.equal(first?.tenantId, "unknown");
    assert.deepEqual(await sprawl(service.context), [first]);
  });

  it("is a rotation whose date has come by the record, and the end of what was rotated", async () => {
    const settings = makeSettings();
    const { production } = settings.stages;
    if (production === undefined) throw new Error("The settings have the stage.");
    production.configuration["tenants:rotation"] = { every: "90d", overlap: "7d" };
    service.context.settings = settings;
    await saveCustomer(service, requester, "acme");
    const createdAt = "2026-11-26T12:00:00.000Z";
    const [due, ...others] = await rotationsDue(service.context);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [due?.customer, due?.what, due?.why, due?.dueAt, due?.due, due?.overdue],
      ["acme", "rotation", "every 90d", "2027-02-24T12:00:00.000Z", false, false],
    );
    service.context.now = () => new Date(Date.parse(createdAt) + 90 * dayMs);
    assert.deepEqual(
      (await rotationsDue(service.context)).map((one) => [one.due, one.overdue]),
      [[true, false]],
    );
    service.context.now = () => new Date(Date.parse(createdAt) + 91 * dayMs);
    await service.database.asOwner(
      `insert into retiring_generations select id, 'eu-1', 'default', 1, 'client', $1 from customers`,
      [new Date(Date.parse(createdAt) + 80 * dayMs)],
    );
    assert.deepEqual(
      (await rotationsDue(service.context)).map((one) => [one.what, one.due, one.overdue]),
      [
        ["retirement", true, true],
        ["rotation", true, true],
      ],
    );
  });
});
