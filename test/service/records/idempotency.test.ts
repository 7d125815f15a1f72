import { strict as assert } from "node:assert";

import { idempotently } from "resistant-tenants-service/actions/idempotency";
import { submit } from "resistant-tenants-service/actions/submit";
import type { Person } from "resistant-tenants-service/person";
import { Problem } from "resistant-tenants-service/problem";
import { openDatabase } from "resistant-tenants-service/records/database";

import { eventsOf } from "./approvals";
import { makeService, newCustomer, type TestService, useDatabaseServer } from "./service";

const dayMs = 24 * 3_600_000;

function problemOf(error: unknown): Problem {
  assert.ok(error instanceof Problem, String(error));
  return error;
}

describe("a repeated call", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let caller: Person;
  beforeEach(async () => {
    service = await makeService(server());
    caller = await service.addPerson({});
  });
  afterEach(() => service.close());

  const route = "POST /api/v1/requests";
  const body = newCustomer("acme");

  async function call(
    over: Partial<{ key: string | undefined; caller: Person; route: string; body: typeof body }> = {},
    context = service.context,
  ) {
    const sent = { caller, route, key: "key-1", body, ...over };
    return await idempotently(context, sent, (writing) => submit(context, writing, sent.caller, sent.body));
  }

  async function countRequests(): Promise<number> {
    return (await service.context.database.selectFrom("requests").select("id").execute()).length;
  }

  it("is refused without a key, and with the key of another body", async () => {
    for (const key of [undefined, "", " ", "k".repeat(256)])
      await assert.rejects(call({ key }), { code: "keyMissing", status: 400 });
    await call();
    await assert.rejects(call({ body: newCustomer("other") }), { code: "keyReused", status: 422 });
    assert.equal(await countRequests(), 1);
  });

  it("gets the stored result, with its keys in any order, also from another process after a restart", async () => {
    const first = await call();
    assert.equal(first.isReplayed, false);
    const reordered = Object.fromEntries(Object.entries(body).reverse()) as typeof body;
    const restarted = { ...service.context, database: openDatabase(service.database.url, 2) };
    try {
      assert.deepEqual(await call({ body: reordered }, restarted), {
        answer: first.answer,
        isReplayed: true,
      });
    } finally {
      await restarted.database.destroy();
    }
    assert.equal(await countRequests(), 1);
  });

  it("is done once for a double click: the other call is in flight, or gets the same answer", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => call()));
    const ids = new Set<string>();
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") ids.add(JSON.stringify(outcome.value.answer));
      else assert.deepEqual(problemOf(outcome.reason).code, "keyInFlight");
    }
    assert.deepEqual([ids.size, await countRequests()], [1, 1]);
  });

  it("leaves neither key nor effect if the process is killed before the end, and can be sent again", async () => {
    const killed = openDatabase(service.database.url, 1);
    const dying = { ...service.context, database: killed };
    await assert.rejects(
      idempotently(dying, { caller, route, key: "key-1", body }, async (writing) => {
        await submit(dying, writing, caller, body);
        await service.database.asOwner(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = $1 and state = 'idle in transaction'",
          [decodeURIComponent(new URL(service.database.url).username)],
        );
        return { requestIds: [] };
      }),
    );
    await killed.destroy();
    assert.equal(await countRequests(), 0);
    assert.equal((await call()).isReplayed, false);
    assert.equal(await countRequests(), 1);
  });

  it("belongs to its caller and its route, and is forgotten after 30 days", async () => {
    await call();
    const other = await service.addPerson({});
    await assert.rejects(call({ caller: other }), { code: "nameTaken", status: 409 });
    assert.equal((await call({ caller: other, body: newCustomer("beta") })).isReplayed, false);
    assert.equal((await call({ route: `${route}/other`, body: newCustomer("gamma") })).isReplayed, false);
    service.later(29 * dayMs);
    assert.equal((await call()).isReplayed, true);
    service.later(2 * dayMs);
    await assert.rejects(call(), { code: "nameTaken" });
  });

  it("stores no key if it was refused, and records a refusal of access", async () => {
    const approver = await service.addPerson({ roles: ["approver"] });
    await assert.rejects(call({ caller: approver }), { code: "forbidden", status: 403 });
    assert.deepEqual(await eventsOf(service, "accessRefused"), [{ route, code: "forbidden" }]);
    assert.deepEqual(
      await service.context.database.selectFrom("idempotency_keys").select("key").execute(),
      [],
    );
  });

  it("creates one customer for two callers at once: the second learns of the first, and of its content only if they may see it", async () => {
    const other = await service.addPerson({ name: "Other" });
    const outcomes = await Promise.allSettled([call(), call({ caller: other, key: "key-2" })]);
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    const { code, more } = problemOf(refused?.reason);
    assert.deepEqual([code, more["state"], more["request"]], ["nameTaken", "previewing", undefined]);
    assert.ok([caller.id, other.id].includes((more["requestedBy"] as { id: string }).id));
    assert.equal(await countRequests(), 1);
    const auditor = await service.addPerson({ roles: ["requester", "auditor"] });
    const shown = await call({ caller: auditor }).catch((error: unknown) => problemOf(error).more["request"]);
    assert.equal((shown as { kind: string }).kind, "createCustomer");
  });
});
