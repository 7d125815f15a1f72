import { strict as assert } from "node:assert";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { openNotedHeads, type Verification } from "pulumi-resistant-tenants/internal/journal";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import { findSource } from "resistant-tenants-operations/audit/source";
import { verify } from "resistant-tenants-operations/audit/verify";
import { append } from "resistant-tenants-service/audit/chain";
import { exportEvents } from "resistant-tenants-service/audit/export";
import { forgetPeople } from "resistant-tenants-service/audit/forget";
import { HeadNoter } from "resistant-tenants-service/audit/note-head";
import { rolesHeld } from "resistant-tenants-service/audit/roles";
import { searchEvents } from "resistant-tenants-service/audit/search";
import { verifyEvents } from "resistant-tenants-service/audit/verify";
import type { Person } from "resistant-tenants-service/identity/person";
import { write } from "resistant-tenants-service/records/database";

import { decideAs, waitForApproval } from "./approvals";
import { saveCustomer } from "./customer";
import { makeService, type TestService, useDatabaseServer } from "./service";

const dayMs = 24 * 3_600_000;

describe("the audit of the service", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  let auditor: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({ name: "Rita Requester", email: "rita@example.com" });
    auditor = await service.addPerson({ name: "Audrey", roles: ["auditor"] });
  });
  afterEach(() => service.close());

  async function exported(): Promise<string> {
    const lines: string[] = [];
    for await (const line of exportEvents(service.context, auditor)) lines.push(line);
    return lines.join("");
  }

  it("is exported as a journal, which `tenants audit verify` checks, and finds changed", async () => {
    await saveCustomer(service, requester, "acme");
    const text = await exported();
    const folder = await mkdtemp(path.join(os.tmpdir(), "service-audit-"));
    const file = path.join(folder, "events.jsonl");
    const verifyFile = async (content: string): Promise<Verification> => {
      await writeFile(file, content);
      // As `tenants audit verify --journal <file>` does.
      const source = await findSource({ journal: file }, {});
      return await verify(source, { expected: [], stateFile: undefined });
    };
    try {
      const whole = await verifyFile(text);
      const { head } = await verifyEvents(service.context);
      assert.deepEqual(whole.defects, []);
      assert.deepEqual(
        whole.chains.map(({ stack, head: { hash } }) => [stack, hash]),
        [["service", head.hash]],
      );
      const changed = await verifyFile(text.replace("approvalGiven", "approvalTaken"));
      assert.deepEqual(
        changed.defects.map(({ kind }) => kind),
        ["changed"],
      );
      const missing = await verifyFile(text.split("\n").toSpliced(2, 1).join("\n"));
      assert.deepEqual(
        missing.defects.map(({ kind }) => kind),
        ["missing"],
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("has its end noted outside, by which a chain that its owner has written anew shows", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "service-heads-"));
    try {
      const heads = new HeadNoter(
        service.context,
        openNotedHeads(path.join(folder, "heads"), readReach({}).aws),
      );
      await waitForApproval(service, requester);
      await heads.note();
      await heads.note();
      await waitForApproval(service, requester);
      await heads.note();
      assert.equal((await readdir(path.join(folder, "heads"))).length, 2);
      assert.ok((await heads.verify()).isWhole);
      await service.database.asOwner("alter table events disable trigger all");
      await service.database.asOwner("delete from events where sequence > 1");
      await waitForApproval(service, requester);
      assert.ok((await verifyEvents(service.context)).isWhole);
      const { defects } = await heads.verify();
      assert.deepEqual([...new Set(defects.map(({ kind }) => kind))], ["notFound"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("stays one chain under many writers at once", async () => {
    const writers = Array.from({ length: 20 }, (_, index) =>
      write(service.context, (writing) =>
        append(service.context, writing, { kind: "logIn", actorId: auditor.id, data: { index } }),
      ),
    );
    await Promise.all(writers);
    const { isWhole, events, head } = await verifyEvents(service.context);
    assert.deepEqual([isWhole, events, head.sequence], [true, 20, 20]);
  });

  it("is searched by actor, customer and time, by auditors and administrators alone, in pages", async () => {
    await saveCustomer(service, requester, "acme");
    await saveCustomer(service, requester, "beta");
    const search = async (filter: object, caller = auditor) =>
      await searchEvents(service.context, caller, { limit: 100, ...filter });
    const ofAcme = await search({ customer: "acme" });
    assert.deepEqual(ofAcme.items.map(({ kind }) => kind).reverse(), [
      "requested",
      "planned",
      "approvalGiven",
      "approved",
      "applyStarted",
      "applied",
    ]);
    const [applied] = ofAcme.items;
    assert.equal((applied?.data as { tenantId: string }).tenantId, "tenant-production-acme");
    for (const actor of [requester.id, requester.subject, "Rita Requester"])
      assert.equal((await search({ actor })).items.length, 2, actor);
    assert.equal((await search({ to: new Date(Date.now() - dayMs) })).items.length, 0);
    const first = await search({ customer: "acme", limit: 4 });
    const rest = await search({ customer: "acme", limit: 4, after: first.next });
    assert.deepEqual([first.items.length, rest.items.length, rest.next], [4, 2, undefined]);
    for (const caller of [requester, await service.addPerson({ roles: ["approver"] })]) {
      await assert.rejects(search({}, caller), { code: "forbidden" });
      await assert.rejects(exportEvents(service.context, caller)[Symbol.asyncIterator]().next(), {
        code: "forbidden",
      });
    }
  });

  it("forgets names and addresses after their time, and stays whole", async () => {
    const waiting = await waitForApproval(service, requester);
    const approver = await service.addPerson({
      name: "Abel Approver",
      email: "abel@example.com",
      roles: ["approver"],
    });
    await decideAs(service, approver, waiting, { decision: "refuse" });
    const before = await exported();
    for (const personal of ["Rita", "rita@", "Abel", "abel@"])
      assert.ok(!before.includes(personal), personal);
    assert.deepEqual(await forgetPeople(service.context), []);
    service.later((service.context.settings.audit.personalDataDays + 1) * dayMs);
    assert.ok((await forgetPeople(service.context)).includes(approver.id));
    const people = await service.context.database.selectFrom("people").select(["name", "email"]).execute();
    assert.ok(people.every(({ name, email }) => name === null && email === null));
    assert.deepEqual(
      await service.context.database.selectFrom("approval_evidence").selectAll().execute(),
      [],
    );
    assert.ok((await verifyEvents(service.context)).isWhole);
  });

  it("tells who held which role when", async () => {
    const change = async (roles: string[]): Promise<Date> => {
      const data = { before: { roles: [], groups: [] }, after: { roles, groups: [] } };
      await write(service.context, (writing) =>
        append(service.context, writing, { kind: "rolesChanged", actorId: requester.id, data }),
      );
      const at = service.context.now();
      service.later(dayMs);
      return at;
    };
    const first = await change(["requester"]);
    await change(["approver"]);
    const then = await rolesHeld(service.context, auditor, first);
    assert.deepEqual(
      then.map(({ roles }) => roles),
      [["requester"]],
    );
    const all = await rolesHeld(service.context, auditor);
    assert.deepEqual(
      all.map(({ roles }) => roles),
      [["requester"], ["approver"]],
    );
    await assert.rejects(rolesHeld(service.context, requester), { code: "forbidden" });
  });
});
