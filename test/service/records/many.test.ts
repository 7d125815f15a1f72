import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { KyselyPlugin, PluginTransformResultArgs } from "kysely";
import { openJournalAt } from "pulumi-resistant-tenants/internal/journal";
import { listRequests } from "resistant-tenants-service/actions/view";
import { waitingFor } from "resistant-tenants-service/actions/waiting";
import { copyJournal } from "resistant-tenants-service/audit/journals";
import type { ServiceContext } from "resistant-tenants-service/context";
import { listCustomers } from "resistant-tenants-service/customers/customers";
import { rotationsDue } from "resistant-tenants-service/customers/rotations";
import type { Person } from "resistant-tenants-service/person";
import { storeTenants } from "resistant-tenants-service/work/vendor-names";

import { waitForApproval } from "./approvals";
import { saveCustomer } from "./customer";
import { makeService, newCustomer, type TestService, useDatabaseServer } from "./service";

/** Counts the rows that are read from the database, and the records of customers among them. */
class RowCounter implements KyselyPlugin {
  rows = 0;
  records = 0;

  transformQuery: KyselyPlugin["transformQuery"] = ({ node }) => node;

  transformResult({ result }: PluginTransformResultArgs): Promise<typeof result> {
    this.rows += result.rows.length;
    this.records += result.rows.filter((row) => row["record"] != null).length;
    return Promise.resolve(result);
  }
}

describe("a service with a long history", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  let approver: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({ name: "Rita" });
    approver = await service.addPerson({ roles: ["approver"] });
  });
  afterEach(() => service.close());

  /** Counts what some work reads from the database. */
  async function readBy(work: (context: ServiceContext) => Promise<unknown>): Promise<RowCounter> {
    const counter = new RowCounter();
    await work({ ...service.context, database: service.context.database.withPlugin(counter) });
    return counter;
  }

  /** Adds requests of someone else. */
  async function addOthers(requestId: string, count: number): Promise<void> {
    await service.database.asOwner(
      `insert into requests select (jsonb_populate_record(one, jsonb_build_object(
           'id', gen_random_uuid(), 'state', 'previewing', 'plan_id', null, 'customer', gen_random_uuid(),
           'requester_subject', 'other', 'requester_person', 'other'
         ))).* from requests one, generate_series(1, $2::int) where one.id = $1`,
      [requestId, count],
    );
  }

  /** Adds customers like an existing one. */
  async function addCustomers(count: number): Promise<void> {
    await service.database.asOwner(
      `insert into customers select (jsonb_populate_record(one, jsonb_build_object(
           'id', gen_random_uuid(), 'name', 'other-' || number, 'stack', 'production-other-' || number
         ))).* from customers one, generate_series(1, $1::int) number where one.name = 'acme'`,
      [count],
    );
  }

  it("reads no requests of others for someone who may see only their own", async () => {
    const { requestId } = await waitForApproval(service, requester, newCustomer("acme"));
    const lists = [
      (context: ServiceContext) => listRequests(context, requester, { limit: 50 }),
      (context: ServiceContext) => waitingFor(context, requester),
    ];
    for (const list of lists) {
      await addOthers(requestId, 1);
      const { rows: few } = await readBy(list);
      await addOthers(requestId, 500);
      const { rows: many } = await readBy(list);
      assert.equal(many, few);
    }
    const { items } = await listRequests(service.context, requester, { limit: 50 });
    assert.deepEqual(
      items.map(({ id }) => id),
      [requestId],
    );
  });

  it("lists the requests of a person's other accounts, whose claim is written otherwise", async () => {
    const other = await service.addPerson({ person: ` ${requester.person?.toUpperCase() ?? ""}` });
    const { requestId } = await waitForApproval(service, other, newCustomer("acme"));
    await addOthers(requestId, 1);
    const { items } = await listRequests(service.context, requester, { limit: 50 });
    assert.deepEqual(
      items.map(({ id }) => id),
      [requestId],
    );
    const { own } = await waitingFor(service.context, requester);
    assert.deepEqual(
      own.map(({ id }) => id),
      [requestId],
    );
  });

  it("reads only what waits to list an approver's decisions", async () => {
    const { requestId } = await waitForApproval(service, requester, newCustomer("acme"));
    await addOthers(requestId, 500);
    const { rows } = await readBy(async (context) => {
      const { decisions, own } = await waitingFor(context, approver);
      assert.deepEqual(
        decisions.map(({ id }) => id),
        [requestId],
      );
      assert.deepEqual(own, []);
    });
    assert.ok(rows < 100, `${rows} rows`);
  });

  it("reads one customer to rotate its credentials", async () => {
    await saveCustomer(service, requester, "acme");
    const acme = await service.context.database
      .selectFrom("customers")
      .select("id")
      .executeTakeFirstOrThrow();
    await addCustomers(100);
    const { records } = await readBy((context) => rotationsDue(context, acme.id));
    assert.equal(records, 1);
    const all = await readBy((context) => rotationsDue(context));
    assert.equal(all.records, 101);
  });

  it("reads the records of one page of customers", async () => {
    await saveCustomer(service, requester, "acme");
    await addCustomers(100);
    const { records } = await readBy(async (context) => {
      const { items, next } = await listCustomers(context, approver, { limit: 10 });
      assert.equal(items.length, 10);
      assert.ok(next !== undefined);
    });
    assert.equal(records, 10);
  });

  it("stores a list of more tenants than one statement takes, and what is known of them", async () => {
    const list = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({
        tenantId: `t-${from + index}`,
        name: `tenant${from + index}`,
        cells: ["eu-1"],
      }));
    await storeTenants(service, "testing", list(0, 20_000));
    service.later(1_000);
    await storeTenants(service, "testing", list(19_999, 40_000));
    const [counts] = await service.database.asOwner<object>(
      `select count(*)::int as tenants, count(*) filter (where first_seen_at < seen_at)::int as known
       from vendor_tenants join vendor_tenant_details using (stage, tenant_id)`,
    );
    assert.deepEqual(counts, { tenants: 20_001, known: 1 });
  });

  it("copies a journal of all stacks in one reading of it", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "journal-"));
    try {
      const stacks = ["acme", "beta", "gamma"].map((customer) => ({
        name: `organization/resistant-tenants/production-${customer}`,
        stack: `production-${customer}`,
        lastUpdate: "1",
      }));
      const journal = openJournalAt(path.join(folder, "journal.jsonl"));
      for (const { name } of stacks)
        await journal.append({
          v: 2,
          id: `one of ${name}`,
          event: "intent",
          at: service.context.now().toISOString(),
          actor: "root@worker",
          stack: name,
          stage: "production",
          apiUrl: "https://api.example",
          type: "Tenant",
          operation: "create",
          slot: "acme",
          parameters: {},
        });
      let readings = 0;
      const counted = {
        ...journal,
        stream: (...given: Parameters<typeof journal.stream>) => {
          readings += 1;
          return journal.stream(...given);
        },
      };
      assert.equal(await copyJournal(service.context, counted, stacks.slice(0, 2)), 2);
      assert.equal(await copyJournal(service.context, counted, stacks), 1);
      assert.equal(readings, 2);
      const copies = await service.context.database
        .selectFrom("journal_copies")
        .select(["stack", "last_update"])
        .orderBy("stack")
        .execute();
      assert.deepEqual(
        copies,
        stacks.map(({ stack, lastUpdate }) => ({ stack, last_update: lastUpdate })),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
