import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";

import { verifyEvents } from "resistant-tenants-service/audit/verify";
import { write } from "resistant-tenants-service/records/database";

import { exhaustiveTag } from "../../suites";
import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";

/** What whoever owns the database does to have a request applied that nobody has approved. */
const forgeries: Readonly<Record<string, (service: ServiceUnderTest, id: string) => Promise<void>>> = {
  approval: async (service, id) => {
    await insertApproval(service, id, service.approver.id);
    await setState(service, id, "queued");
  },
  copied: async (service, id) => {
    // The evidence of a true approval, under an approval of this request by whoever asked.
    const forged = await insertApproval(service, id, service.requester.id);
    await service.database.asOwner(
      "insert into approval_evidence select $1, evidence from approval_evidence limit 1",
      [forged],
    );
    await setState(service, id, "queued");
  },
  applying: (service, id) => setState(service, id, "applying"),
  begun: async (service, id) => {
    await service.database.asOwner(
      `insert into events select (select max(sequence) + 1 from events), $1::uuid, 'applyStarted', now(), null, stage, customer,
         '{}', 'sha256:' || encode(sha256(convert_to('{}', 'UTF8')), 'hex'), $2 from events where request_id = $1 limit 1`,
      [id, `sha256:${randomUUID()}`],
    );
    await setState(service, id, "applying");
  },
  rule: async (service, id) => {
    await service.database.asOwner(
      `update requests set required = 0, rule = jsonb_set(rule, '{required}', '0') where id = $1`,
      [id],
    );
    await setState(service, id, "queued");
  },
};

async function setState({ database, context }: ServiceUnderTest, id: string, state: string): Promise<void> {
  const [row] = await database.asOwner<{ customer: string }>(
    "update requests set state = $1 where id = $2 returning customer",
    [state, id],
  );
  await write(context, (writing) => context.jobs.apply(writing, id, `testing-${row?.customer ?? ""}`));
}

async function insertApproval({ database }: ServiceUnderTest, id: string, approver: string): Promise<string> {
  const approval = randomUUID();
  await database.asOwner(
    `insert into approvals (id, request_id, kind, digest, decision, approver_id, approver_issuer, approver_subject,
       approver_person, requester_issuer, requester_subject, requester_person, groups, authenticated_at, head,
       created_at, expires_at)
     select $1, r.id, r.kind, p.digest, 'approve', a.id, a.issuer, a.subject, a.person, r.requester_issuer,
       r.requester_subject, r.requester_person, '[]', now(), 'sha256:0', now(), now() + interval '1 day'
     from requests r join plans p on p.id = r.plan_id, people a where r.id = $2 and a.id = $3`,
    [approval, id, approver],
  );
  return approval;
}

describe("the database's owner who forges an approval", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  const sample = ["approval", "begun", "rule"];
  for (const [title, tried] of [
    ["", Object.entries(forgeries).filter(([name]) => sample.includes(name))],
    [`, in every way ${exhaustiveTag}`, Object.entries(forgeries)],
  ] as const)
    it(`has nothing applied: it is on record, and the request waits for a true one${title}`, async () => {
      const names = tried.map(([name]) => name);
      const service = await ServiceUnderTest.start(server(), { required: 1 });
      const create = (name: string) => ({
        kind: "createCustomer" as const,
        stage: "testing" as const,
        reason: "a test",
        customer: { name, customerId: "CRM-1", cells: ["eu-1"] },
      });
      try {
        await service.startWorker();
        const ids = new Map<string, string>();
        for (const name of ["honest", "changed", ...names]) ids.set(name, await service.submit(create(name)));
        for (const id of ids.values()) await service.reaches(id, "waitingForApproval");
        await service.pause(true);
        const [honest = "", changed = ""] = ids.values();
        await service.approve(honest);
        await service.approve(changed);

        const tables = ["requests", "approvals", "plans", "events"];
        for (const table of tables)
          await service.database.asOwner(`alter table ${table} disable trigger all`);
        for (const constraint of ["a_second_person", "a_person_approves"])
          await service.database.asOwner(`alter table approvals drop constraint ${constraint}`);
        // Of what was approved, something else is made: it is not what the web process has signed.
        const other = JSON.stringify({
          ...create("changed"),
          customer: { ...create("changed").customer, cells: ["us-1"] },
        });
        await service.database.asOwner("update requests set asked = $1 where id = $2", [other, changed]);
        for (const [name, forge] of tried) await forge(service, ids.get(name) ?? "");
        const before = service.sandbox.vendor.control.requests().createTenant;
        await service.pause(false);

        await service.reaches(honest, "done");
        await service.until(
          async () =>
            (await Promise.all(names.map((name) => service.request(ids.get(name) ?? "")))).every(
              ({ state }) => state === "waitingForApproval" || state === "failed",
            ),
          "what was forged is found",
        );
        assert.deepEqual(service.vendorNames(), ["honest"]);
        assert.equal(service.sandbox.vendor.control.requests().createTenant, before + 1);
        const found = new Set(
          (await service.eventsOfKind("approvalNotVerified")).map(({ request_id: id }) => id),
        );
        for (const name of names.filter((one) => one !== "rule"))
          assert.ok(found.has(ids.get(name) ?? ""), `${name} is on record`);
        assert.notEqual((await service.request(changed)).state, "done");
        for (const name of names)
          assert.ok(
            !(await service.events(ids.get(name) ?? "")).some(({ kind }) => kind === "applied"),
            name,
          );
        assert.ok(!(await verifyEvents(service.context)).isWhole, "the event that was made up shows");
      } finally {
        await service.close();
      }
    });
});
