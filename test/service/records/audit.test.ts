import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import {
  type NotedHeads,
  openJournalAt,
  openNotedHeads,
  type Verification,
} from "pulumi-resistant-tenants/internal/journal";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import { findSource } from "resistant-tenants-operations/audit/source";
import { verify } from "resistant-tenants-operations/audit/verify";
import { append } from "resistant-tenants-service/audit/chain";
import { exportEvents } from "resistant-tenants-service/audit/export";
import { forgetPeople } from "resistant-tenants-service/audit/forget";
import { copyJournal } from "resistant-tenants-service/audit/journals";
import { HeadNoter } from "resistant-tenants-service/audit/note-head";
import { rolesHeld } from "resistant-tenants-service/audit/roles";
import { searchEvents } from "resistant-tenants-service/audit/search";
import { verifyEvents } from "resistant-tenants-service/audit/verify";
import type { Person } from "resistant-tenants-service/person";
import { write } from "resistant-tenants-service/records/database";

import { startShared } from "../../engine/engine";
import { region, useAwsEnvironment } from "../../support/aws-environment";
import { decideAs, waitForApproval } from "./approvals";
import { saveCustomer } from "./customer";
import { makeService, type TestService, useDatabaseServer } from "./service";

const dayMs = 24 * 3_600_000;
const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** Where the chain's end is noted outside the database. */
const places: Readonly<Record<string, () => Promise<{ heads: NotedHeads; close: () => Promise<void> }>>> = {
  "in a folder": async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "service-heads-"));
    const heads = openNotedHeads(path.join(folder, "heads"), readReach(process.env).aws);
    return { heads, close: () => rm(folder, { recursive: true, force: true }) };
  },
  "in CloudWatch Logs": async () => {
    const { endpointUrl: endpoint } = (await startShared()).secretsManager;
    const logGroupName = `/service/${randomUUID()}`;
    const logs = new CloudWatchLogsClient({ region, endpoint, credentials });
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    logs.destroy();
    return {
      heads: openNotedHeads(logGroupName, readReach(process.env).aws),
      close: () => Promise.resolve(),
    };
  },
  "in S3": async () => {
    const { endpointUrl: endpoint } = (await startShared()).secretsManager;
    const Bucket = `heads-${randomUUID()}`;
    const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    const CreateBucketConfiguration = { LocationConstraint: region } as const;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    s3.destroy();
    return {
      heads: openNotedHeads(`s3://${Bucket}/service`, readReach(process.env).aws),
      close: () => Promise.resolve(),
    };
  },
};

async function hashesOf(heads: NotedHeads): Promise<string[]> {
  const hashes: string[] = [];
  for await (const hash of heads.hashes()) hashes.push(hash);
  return hashes;
}

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

  describe("at its end", () => {
    let endpoint = "";
    before(async () => {
      endpoint = (await startShared()).secretsManager.endpointUrl;
    });
    useAwsEnvironment(() => endpoint);

    for (const [place, open] of Object.entries(places))
      it(`is noted ${place}, which reveals a chain that its owner has rewritten or cut`, async () => {
        const noted = await open();
        try {
          const heads = new HeadNoter(service.context, noted.heads);
          await waitForApproval(service, requester);
          await heads.note();
          await heads.note();
          await waitForApproval(service, requester);
          await heads.note();
          assert.equal((await hashesOf(noted.heads)).length, 2);
          assert.ok((await heads.verify()).isWhole);
          await service.database.asOwner("alter table events disable trigger all");
          await service.database.asOwner("delete from events where sequence > 1");
          // What is left is a whole chain by itself, though it was cut: the place outside alone knows of the rest.
          assert.ok((await verifyEvents(service.context)).isWhole);
          const found = async (): Promise<string[]> => [
            ...new Set((await heads.verify()).defects.map(({ kind }) => kind)),
          ];
          assert.deepEqual(await found(), ["notFound"]);
          await waitForApproval(service, requester);
          assert.ok((await verifyEvents(service.context)).isWhole);
          assert.deepEqual(await found(), ["notFound"]);
          const [broken] = await service.database.asOwner<{ count: string }>(
            "select count(*) from events where kind = 'chainBroken'",
          );
          assert.equal(Number(broken?.count), 2);
        } finally {
          await noted.close();
        }
      });
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

  it("is searched by actor, customer and time, only by auditors and administrators, in pages", async () => {
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

  it("is one search with the journals' events, by the vendor's ids, the requester and the approver, and one export", async () => {
    const { requestId } = await saveCustomer(service, requester, "acme");
    const folder = await mkdtemp(path.join(os.tmpdir(), "service-journal-"));
    try {
      const file = path.join(folder, "journal.jsonl");
      const journal = openJournalAt(file);
      const name = "organization/resistant-tenants/production-acme";
      const common = {
        v: 2,
        actor: "root@worker",
        reason: `A new customer. (request ${requestId})`,
        stack: name,
        stage: "production",
        apiUrl: "https://api.example",
        type: "TenantApplication",
        operation: "create",
        slot: "acme/eu-1/default",
        tenantId: "tenant-production-acme",
      } as const;
      const at = (): string => service.context.now().toISOString();
      await journal.append({ ...common, id: "one", event: "intent", at: at(), parameters: {} });
      const ids = { applicationId: "application-production-acme-eu-1", clientId: "client-eu-1" };
      const result = { event: "result", intent: "one", outcome: "made", durationMs: 5 } as const;
      await journal.append({ ...common, ...ids, ...result, id: "two", at: at() });
      const copied = [{ name, stack: "production-acme", lastUpdate: "1" }];
      assert.equal(await copyJournal(service.context, openJournalAt(file), copied), 2);
      assert.equal(await copyJournal(service.context, openJournalAt(file), copied), 0);

      const search = async (filter: object) =>
        (await searchEvents(service.context, auditor, { limit: 100, ...filter })).items;
      const kinds = async (filter: object) => (await search(filter)).map(({ kind }) => kind);
      assert.deepEqual(await kinds({ kind: "journal.result" }), ["journal.result"]);
      assert.deepEqual(await kinds({ clientId: "client-eu-1", kind: "journal.intent" }), []);
      for (const filter of [
        { tenantId: "tenant-production-acme" },
        { applicationId: "application-production-acme-eu-1" },
        { clientId: "client-eu-1" },
        { requester: "Rita Requester" },
        { requestId },
        { customer: "acme", stage: "production" },
      ]) {
        const found = await kinds(filter);
        for (const kind of ["applied", "journal.result"])
          assert.ok(found.includes(kind), `${kind} by ${JSON.stringify(filter)}`);
      }
      const [made] = await search({ kind: "journal.result" });
      const [approval] = await service.context.database.selectFrom("approvals").selectAll().execute();
      assert.deepEqual(
        [made?.source, made?.tenantId, made?.applicationId, made?.clientId, made?.requester?.id],
        ["journal", "tenant-production-acme", ids.applicationId, ids.clientId, requester.id],
      );
      assert.deepEqual(
        made?.approvers?.map(({ id }) => id),
        [approval?.approver_id],
      );
      assert.deepEqual(
        new Set(await kinds({ approver: approval?.approver_subject })).has("journal.intent"),
        true,
      );
      assert.deepEqual(await kinds({ tenantId: "another" }), []);

      // Page by page it is the same as at once.
      const all = await search({ customer: "acme" });
      const paged: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await searchEvents(service.context, auditor, { limit: 3, customer: "acme", after });
        paged.push(...page.items.map(({ hash }) => hash));
        after = page.next;
        if (after === undefined) break;
      }
      assert.deepEqual(
        paged,
        all.map(({ hash }) => hash),
      );

      await writeFile(file, await exported());
      const { defects, chains } = await verify(await findSource({ journal: file }, {}), {
        expected: [],
        stateFile: undefined,
      });
      assert.deepEqual(defects, []);
      assert.deepEqual(new Set(chains.map(({ stack }) => stack)), new Set(["service", name]));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("deletes names and addresses after their time, and stays intact", async () => {
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

  it("shows who held which role when", async () => {
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
    const then = await rolesHeld(service.context, auditor, { at: first });
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
