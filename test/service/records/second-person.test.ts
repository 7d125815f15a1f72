import { strict as assert } from "node:assert";

import { applyFailed, applyStarted } from "resistant-tenants-service/actions/applied";
import { planMade } from "resistant-tenants-service/actions/planned";
import { transition } from "resistant-tenants-service/actions/transition";
import { retry } from "resistant-tenants-service/actions/withdraw-or-retry";
import { recordRules } from "resistant-tenants-service/approval/rules-on-record";
import { verifyEvents } from "resistant-tenants-service/audit/verify";
import type { Person } from "resistant-tenants-service/person";
import { write } from "resistant-tenants-service/records/database";

import { decideAs, eventsOf, forgeApproval, stateOf, waitForApproval } from "./approvals";
import {
  makeService,
  makeSettings,
  newCustomer,
  planOf,
  type TestRules,
  type TestService,
  useDatabaseServer,
} from "./service";

const hourMs = 3_600_000;

describe("the second person's rule", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  let approver: Person;

  beforeEach(() => begin());
  afterEach(() => service.close());

  async function begin(rules: TestRules = {}): Promise<void> {
    service = await makeService(server(), { rules });
    requester = await service.addPerson({ person: "E1001" });
    approver = await service.addPerson({ person: "E2002", roles: ["approver"] });
  }

  async function beginAgain(rules: TestRules): Promise<void> {
    await service.close();
    await begin(rules);
  }

  async function setPerson(person: Person, columns: Record<string, unknown>): Promise<void> {
    for (const [column, value] of Object.entries(columns))
      await service.database.asOwner(`update people set ${column} = $1 where id = $2`, [value, person.id]);
  }

  it("lets another person's approval through, once, to an apply of the same digest", async () => {
    const waiting = await waitForApproval(service, requester);
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
    await decideAs(service, approver, waiting);
    assert.equal(await stateOf(service, waiting.requestId), "queued");
    assert.match(service.queued.at(-1) ?? "", /^apply .* production-acme\d+$/);
    assert.deepEqual(await applyStarted(service.context, waiting.requestId, waiting.digest), {
      isApproved: true,
    });
    assert.equal(await stateOf(service, waiting.requestId), "applying");
    assert.ok((await verifyEvents(service.context)).isWhole);
  });

  it("1: refuses the requester, with every role, by the same account", async () => {
    const everything = await service.addPerson({
      roles: ["requester", "approver", "administrator", "auditor"],
    });
    const waiting = await waitForApproval(service, everything);
    await assert.rejects(decideAs(service, everything, waiting), { code: "samePerson" });
    await assert.rejects(forgeApproval(service, waiting, everything), { constraint: "a_second_person" });
  });

  it("2: refuses the same person's second account, in any form of the employee number", async () => {
    const waiting = await waitForApproval(service, requester);
    for (const person of ["E1001", " e1001 "]) {
      const second = await service.addPerson({ person, roles: ["approver"] });
      await assert.rejects(decideAs(service, second, waiting), { code: "samePerson" });
      await assert.rejects(forgeApproval(service, waiting, second), { constraint: "a_second_person" });
    }
    // Two accounts of one approver are one approval, where two are needed.
    await beginAgain({ production: { required: 2 } });
    const other = await waitForApproval(service, requester);
    await decideAs(service, approver, other);
    const twin = await service.addPerson({ person: "E2002", roles: ["approver"] });
    await assert.rejects(decideAs(service, twin, other), { code: "conflict" });
    await forgeApproval(service, other, twin);
    await assert.rejects(
      service.database.asOwner("update requests set state = 'queued' where id = $1", [other.requestId]),
      { constraint: "approvals_of_the_present_plan" },
    );
    assert.equal(await stateOf(service, other.requestId), "waitingForApproval");
  });

  it("3: refuses the same subject of another issuer if the person is the same, or unknown", async () => {
    const waiting = await waitForApproval(service, requester);
    const elsewhere = {
      issuer: "https://other.example",
      subject: requester.subject,
      roles: ["approver"] as const,
    };
    const same = await service.addPerson({ ...elsewhere, person: "E1001" });
    await assert.rejects(decideAs(service, same, waiting), { code: "samePerson" });
    await assert.rejects(forgeApproval(service, waiting, same), { constraint: "a_second_person" });
    const nobody = await service.addPerson({
      ...elsewhere,
      issuer: "https://third.example",
      person: undefined,
    });
    await assert.rejects(decideAs(service, nobody, waiting), { code: "forbidden" });
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
  });

  it("4: refuses a machine, with the role of an approver, and one whose person claim is blank", async () => {
    const waiting = await waitForApproval(service, requester);
    for (const person of [undefined, "", "  "]) {
      const machine = await service.addPerson({ person, roles: ["approver", "administrator"] });
      await assert.rejects(decideAs(service, machine, waiting), { code: "forbidden" });
      await assert.rejects(forgeApproval(service, waiting, machine), { constraint: "a_person_approves" });
    }
    const machine = await service.addPerson({ person: undefined, roles: [] });
    const own = await waitForApproval(service, machine);
    await assert.rejects(decideAs(service, machine, own), { code: "forbidden" });
    await decideAs(service, approver, own);
    assert.equal(await stateOf(service, own.requestId), "queued");
  });

  it("5: refuses an administrator who is the requester, and one who is not an approver", async () => {
    const roles = ["requester", "approver", "administrator"] as const;
    const administrator = await service.addPerson({ roles, person: "E3003" });
    const waiting = await waitForApproval(service, administrator);
    await assert.rejects(decideAs(service, administrator, waiting), { code: "samePerson" });
    const other = await service.addPerson({ roles: ["administrator"] });
    await assert.rejects(decideAs(service, other, waiting), { code: "forbidden" });
    await assert.rejects(forgeApproval(service, waiting, administrator), { constraint: "a_second_person" });
  });

  it("6: does not count the approval of a person whose role or group was removed since", async () => {
    await beginAgain({ production: { groups: ["production-approvers"] } });
    const member = { roles: ["approver"] as const, groups: ["production-approvers"] };
    for (const removed of [{ roles: "[]" }, { groups: "[]" }, { person: "E1001" }]) {
      const former = await service.addPerson(member);
      const waiting = await waitForApproval(service, requester);
      await decideAs(service, former, waiting);
      assert.equal(await stateOf(service, waiting.requestId), "queued");
      await setPerson(former, removed);
      const started = await applyStarted(service.context, waiting.requestId, waiting.digest);
      assert.deepEqual(started, { isApproved: false, missing: 1 });
      assert.equal(await stateOf(service, waiting.requestId), "previewing");
    }
    const without = await service.addPerson({ ...member, roles: [] });
    const waiting = await waitForApproval(service, requester);
    await assert.rejects(decideAs(service, without, waiting), { code: "forbidden" });
  });

  it("7: refuses an approver of another stage", async () => {
    await beginAgain({
      production: { groups: ["production"] },
      testing: { groups: ["testing"], required: 1 },
    });
    const ofTesting = await service.addPerson({ roles: ["approver", "auditor"], groups: ["testing"] });
    const inProduction = await waitForApproval(service, requester);
    await assert.rejects(decideAs(service, ofTesting, inProduction), { code: "forbidden" });
    const inTesting = await waitForApproval(service, requester, newCustomer("fortesting", "testing"));
    await decideAs(service, ofTesting, inTesting);
    assert.equal(await stateOf(service, inTesting.requestId), "queued");
    // An approval of one request's is none of another's.
    await service.database.asOwner(
      "insert into approval_evidence select $1, evidence from approval_evidence limit 1",
      [await forgeApproval(service, inProduction, ofTesting)],
    );
    await planMade(service.context, inProduction.requestId, planOf(inProduction.requestId));
    assert.equal(await stateOf(service, inProduction.requestId), "waitingForApproval");
  });

  it("8: does not count an expired approval, nor accept one of a log-in that is too old", async () => {
    await beginAgain({ production: { validForHours: 2 } });
    const waiting = await waitForApproval(service, requester);
    const old = {
      kind: "accessToken",
      accessToken: "t",
      authenticatedAt: new Date(Date.now() - 16 * 60_000),
    } as const;
    await assert.rejects(decideAs(service, approver, waiting, { token: old }), { code: "staleLogIn" });
    const ahead = { ...old, authenticatedAt: new Date(Date.now() + 10 * 60_000) };
    await assert.rejects(decideAs(service, approver, waiting, { token: ahead }), { code: "staleLogIn" });
    await decideAs(service, approver, waiting);
    service.later(2 * hourMs);
    const started = await applyStarted(service.context, waiting.requestId, waiting.digest);
    assert.deepEqual(started, { isApproved: false, missing: 1 });
    // Whoever has the database alone puts the end off: it is in what was signed.
    await planMade(service.context, waiting.requestId, planOf(waiting.requestId));
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
    await service.database.asOwner("alter table approvals disable trigger all");
    await service.database.asOwner("update approvals set expires_at = now() + interval '1 year'");
    await assert.rejects(
      service.context.database.transaction().execute(async (writing) => {
        await transition(service.context, writing, { requestId: waiting.requestId, event: "approved" });
      }),
      { code: "conflict" },
    );
  });

  it("9: refuses an approval of an old digest, keeps one of the same digest, and revokes one of another for good", async () => {
    await beginAgain({ production: { required: 2 } });
    const { requestId, digest } = await waitForApproval(service, requester);
    await decideAs(service, approver, { requestId, digest });
    const replan = async (content: string): Promise<string> => {
      await write(service.context, (writing) =>
        transition(service.context, writing, { requestId, event: "planOutdated" }),
      );
      await planMade(service.context, requestId, planOf(content));
      return planOf(content).digest;
    };
    const second = await service.addPerson({ roles: ["approver"] });
    await replan(requestId);
    const third = await replan("another plan");
    await assert.rejects(decideAs(service, second, { requestId, digest }), { code: "digest" });
    const [revoked] = await eventsOf(service, "approvalsRevoked");
    assert.deepEqual([revoked?.["before"], revoked?.["after"]], [digest, third]);
    await replan(requestId);
    await decideAs(service, second, { requestId, digest });
    assert.equal(await stateOf(service, requestId), "waitingForApproval");
    await decideAs(service, approver, { requestId, digest });
    assert.equal(await stateOf(service, requestId), "queued");
    assert.deepEqual(await applyStarted(service.context, requestId, third), {
      isApproved: false,
      missing: 2,
    });
  });

  it("10: uses an approval once, even if the row that records its use is deleted", async () => {
    const waiting = await waitForApproval(service, requester);
    const { requestId, digest } = waiting;
    await decideAs(service, approver, waiting);
    await applyStarted(service.context, requestId, digest);
    assert.deepEqual(await applyStarted(service.context, requestId, digest), {
      isApproved: false,
      missing: 0,
    });
    await applyFailed(service.context, requestId, { code: "engine", detail: "It failed." });
    const again = (caller: Person): Promise<unknown> =>
      write(service.context, (writing) => retry(service.context, writing, caller, requestId, "Again."));
    await assert.rejects(again(requester), { code: "forbidden" });
    await again(await service.addPerson({ roles: ["administrator"] }));
    await service.database.asOwner("alter table approval_ends disable trigger all");
    await service.database.asOwner("delete from approval_ends");
    await planMade(service.context, requestId, planOf(requestId));
    assert.equal(await stateOf(service, requestId), "waitingForApproval");
    await service.database.asOwner("update requests set state = 'queued' where id = $1", [requestId]);
    assert.deepEqual(await applyStarted(service.context, requestId, digest), {
      isApproved: false,
      missing: 1,
    });
  });

  it("11: does not count an approval that the database's owner has invented, copied or changed", async () => {
    const waiting = await waitForApproval(service, requester);
    const { asOwner } = service.database;
    const forged = await forgeApproval(service, waiting, approver);
    // The database's own count is satisfied; the worker is not.
    await asOwner("update requests set state = 'queued' where id = $1", [waiting.requestId]);
    const started = await applyStarted(service.context, waiting.requestId, waiting.digest);
    assert.deepEqual(started, { isApproved: false, missing: 1 });
    const [found] = await eventsOf(service, "approvalNotVerified");
    assert.equal(found?.["approval"], forged);

    // A true approval of another request, by its evidence, under this one's row.
    const other = await waitForApproval(service, requester);
    const { approvalId } = await decideAs(service, approver, other);
    await asOwner(
      "insert into approval_evidence select $1, evidence from approval_evidence where approval_id = $2",
      [forged, approvalId],
    );
    await planMade(service.context, waiting.requestId, planOf(waiting.requestId));
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");

    // Somebody else as the requester, so that the requester approves.
    await asOwner("alter table requests disable trigger asked_for_good");
    const own = await waitForApproval(
      service,
      await service.addPerson({ person: "E5", roles: ["requester"] }),
    );
    await asOwner("update requests set requester_person = 'nobody' where id = $1", [own.requestId]);
    await decideAs(service, approver, own);
    assert.equal(await stateOf(service, own.requestId), "waitingForApproval");
  });

  it("12: reveals an event that the database's owner has edited, deleted or moved", async () => {
    const waiting = await waitForApproval(service, requester);
    await decideAs(service, approver, waiting);
    const { head } = await verifyEvents(service.context);
    const { asOwner } = service.database;
    await asOwner("alter table events disable trigger all");
    const edited = "replace(text, 'approvalGiven', 'refused')";
    await assert.rejects(asOwner(`update events set text = ${edited} where kind = 'approvalGiven'`), {
      constraint: "hash_of_the_text",
    });
    const hash = `'sha256:' || encode(sha256(convert_to(${edited}, 'UTF8')), 'hex')`;
    await asOwner(`update events set text = ${edited}, hash = ${hash} where kind = 'approvalGiven'`);
    const found = await verifyEvents(service.context);
    assert.ok(!found.isWhole && found.defects.some(({ kind }) => kind === "changed"));
    // Its end cut off is told by a head that was noted elsewhere.
    await asOwner(
      "delete from events where sequence >= (select sequence from events where kind = 'approvalGiven')",
    );
    const cut = await verifyEvents(service.context, [head.hash]);
    assert.deepEqual(
      cut.defects.map(({ kind }) => kind),
      ["notFound"],
    );
    await asOwner("update events set kind = 'other' where sequence = 1");
    const columns = await verifyEvents(service.context);
    assert.ok(columns.defects.some(({ where }) => where === "events:1"));
  });

  it("applies the stricter of the rule at the request and the present one, and records a changed file", async () => {
    assert.deepEqual(await recordRules(service.context), ["testing", "production"]);
    assert.deepEqual(await recordRules(service.context), []);
    const waiting = await waitForApproval(service, requester);
    service.context.settings = makeSettings({ production: { required: 2 } });
    assert.deepEqual(await recordRules(service.context), ["production"]);
    await decideAs(service, approver, waiting);
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
    const asked = await waitForApproval(service, requester);
    service.context.settings = makeSettings({ production: { required: 0 } });
    assert.deepEqual(await recordRules(service.context), ["production"]);
    await decideAs(service, approver, asked);
    assert.equal(await stateOf(service, asked.requestId), "waitingForApproval");
    const lax = await waitForApproval(service, requester);
    assert.equal(await stateOf(service, lax.requestId), "waitingForApproval");
    const changes = await eventsOf(service, "ruleChanged");
    assert.equal(changes.length, 4);
    const [before, after] = [changes[2]?.["after"], changes[3]?.["before"]] as Array<{ hash: string }>;
    assert.equal(before?.hash, after?.hash);
    // The stored rule cannot be weakened either.
    await service.database.asOwner("alter table requests disable trigger asked_for_good");
    await service.database.asOwner(
      `update requests set rule = jsonb_set(rule, '{required}', '0'), required = 1 where id = $1`,
      [asked.requestId],
    );
    const second = await service.addPerson({ roles: ["approver"] });
    await decideAs(service, second, asked);
    assert.equal(await stateOf(service, asked.requestId), "waitingForApproval");
  });

  it("ends a request by one refusal, and needs no one if the stage requires none", async () => {
    const waiting = await waitForApproval(service, requester);
    await decideAs(service, approver, waiting, { decision: "refuse" });
    assert.equal(await stateOf(service, waiting.requestId), "refused");
    await assert.rejects(decideAs(service, approver, waiting), { code: "wrongState" });
    const testing = await waitForApproval(service, requester, newCustomer("quick", "testing"));
    assert.equal(await stateOf(service, testing.requestId), "queued");
  });
});
