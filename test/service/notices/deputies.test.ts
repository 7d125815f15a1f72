import { strict as assert } from "node:assert";

import { endAbsence, readAbsence, setAbsence } from "resistant-tenants-service/actions/absence";
import { applyStarted } from "resistant-tenants-service/actions/applied";
import { listRequests } from "resistant-tenants-service/actions/view";
import { seePerson } from "resistant-tenants-service/identity/people";
import type { Person } from "resistant-tenants-service/person";
import { Problem } from "resistant-tenants-service/problem";
import { write } from "resistant-tenants-service/records/database";

import { mentions } from "../../support/mentions";
import { decideAs, eventsOf, stateOf, waitForApproval } from "../records/approvals";
import { newCustomer, type TestRules, useDatabaseServer } from "../records/service";
import { type MailedService, makeMailedService } from "./notices";

const dayMs = 24 * 3_600_000;

/** Somebody as the service takes them for at the next call: with those whom they stand in for. */
async function callAgain({ context }: MailedService, { id, ...account }: Person): Promise<Person> {
  const person = await seePerson(context, { ...account, authenticatedAt: context.now() });
  assert.equal(person.id, id);
  return person;
}

async function nameDeputy(
  service: MailedService,
  away: Person,
  deputy: string,
  { from, days = 7 }: { from?: Date; days?: number } = {},
): Promise<void> {
  const { context } = service;
  const begins = from ?? context.now();
  const caller = await callAgain(service, away);
  const until = new Date(begins.getTime() + days * dayMs);
  await write(context, (writing) =>
    setAbsence(context, writing, caller, { deputy, until, ...(from === undefined ? {} : { from }) }),
  );
}

const refusal = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

describe("a deputy", () => {
  const server = useDatabaseServer();

  async function withPeople(
    rule: NonNullable<TestRules["production"]>,
    act: (service: MailedService, people: Record<"rita" | "anna" | "amir" | "ada", Person>) => Promise<void>,
  ): Promise<void> {
    const service = await makeMailedService(server(), {
      rules: { production: { groups: ["release"], ...rule } },
    });
    try {
      const rita = await service.addPerson({ email: "rita@example.com", name: "Rita" });
      const approver = { roles: ["approver"] as const };
      const anna = await service.addPerson({
        ...approver,
        email: "anna@example.com",
        name: "Anna",
        groups: ["release"],
      });
      const amir = await service.addPerson({
        ...approver,
        email: "amir@example.com",
        name: "Amir",
        groups: ["sales"],
      });
      const ada = await service.addPerson({ email: "ada@example.com", roles: ["administrator"] });
      await act(service, { rita, anna, amir, ada });
    } finally {
      await service.close();
    }
  }

  it("gets the mails, sees the request and decides while the approver is away, and not before or after", () =>
    withPeople({}, async (service, { rita, anna, amir }) => {
      const { context } = service;
      const early = await waitForApproval(service, rita, newCustomer("early"));
      assert.deepEqual(
        (await service.mails()).map(({ to }) => to),
        ["anna@example.com"],
      );
      await nameDeputy(service, anna, "amir@example.com", {
        from: new Date(context.now().getTime() + dayMs),
      });
      const told = await service.mails();
      assert.deepEqual(
        told.map(({ to }) => to),
        ["amir@example.com", "anna@example.com"],
      );
      mentions(told[0]?.text ?? "", "Anna", "deputy");
      await assert.rejects(decideAs(service, await callAgain(service, amir), early), refusal("notFound"));

      service.later(1.5 * dayMs);
      const deputy = await callAgain(service, amir);
      assert.deepEqual(
        (await listRequests(context, deputy, { limit: 10 })).items.map(({ id }) => id),
        [early.requestId],
      );
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      const mails = await service.mails();
      assert.deepEqual(
        mails.map(({ to }) => to),
        ["amir@example.com", "anna@example.com"],
      );
      mentions(mails[0]?.text ?? "", "Anna", "deputy");
      await decideAs(service, deputy, waiting);
      assert.equal(await stateOf(service, waiting.requestId), "queued");
      assert.deepEqual(await applyStarted(context, waiting.requestId, waiting.digest), { isApproved: true });
      const given = await eventsOf(service, "approvalGiven");
      assert.deepEqual(given.at(-1)?.["deputyFor"], [anna.id]);

      service.later(7 * dayMs);
      await assert.rejects(decideAs(service, await callAgain(service, amir), early), refusal("notFound"));
    }));

  it("decides neither on their own requests, nor on those of the absent approver", () =>
    withPeople({}, async (service, { anna, amir }) => {
      const both = { roles: ["requester", "approver"] as const };
      const away = await service.addPerson({ ...both, groups: ["release"], email: "both@example.com" });
      const own = await service.addPerson({ ...both, email: "own@example.com" });
      await nameDeputy(service, away, own.subject);
      await nameDeputy(service, anna, amir.id);
      await service.mails();
      const deputy = await callAgain(service, own);
      const ofDeputy = await waitForApproval(service, own, newCustomer("one"));
      await assert.rejects(decideAs(service, deputy, ofDeputy), refusal("samePerson"));
      const ofAway = await waitForApproval(service, away, newCustomer("two"));
      await assert.rejects(decideAs(service, deputy, ofAway), refusal("notFound"));
      const mails = (await service.mails()).filter(({ headers }) => headers["subject"]?.includes(" two: "));
      assert.deepEqual(
        mails.map(({ to }) => to),
        ["amir@example.com", "anna@example.com"],
      );
    }));

  it("and the absent approver count as one person", () =>
    withPeople({ required: 2 }, async (service, { rita, anna, amir }) => {
      await nameDeputy(service, anna, amir.id);
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      await decideAs(service, await callAgain(service, amir), waiting);
      await decideAs(service, await callAgain(service, anna), waiting);
      assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
      const second = await service.addPerson({ roles: ["approver"], groups: ["release"] });
      await decideAs(service, second, waiting);
      assert.equal(await stateOf(service, waiting.requestId), "queued");
    }));

  it("of two absent approvers counts once, and joins their own approvals", () =>
    withPeople({ required: 2, groups: ["release", "law"] }, async (service, { rita, anna, amir }) => {
      const zoe = await service.addPerson({ roles: ["approver"], groups: ["law"], name: "Zoe" });
      await nameDeputy(service, anna, amir.id);
      await nameDeputy(service, zoe, amir.id);
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      await decideAs(service, await callAgain(service, amir), waiting);
      await decideAs(service, await callAgain(service, anna), waiting);
      await decideAs(service, await callAgain(service, zoe), waiting);
      assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
    }));

  it("no longer counts once the absent approver, or the deputy, is no approver or in no group any more", () =>
    withPeople({}, async (service, { rita, anna, amir }) => {
      await nameDeputy(service, anna, amir.id);
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      await decideAs(service, await callAgain(service, amir), waiting);
      await service.context.database
        .updateTable("people")
        .set({ groups: "[]" })
        .where("id", "=", anna.id)
        .execute();
      const started = await applyStarted(service.context, waiting.requestId, waiting.digest);
      assert.deepEqual(started, { isApproved: false, missing: 1 });
    }));

  it("is not a person that the database's owner has added, nor one whose absence was ended", () =>
    withPeople({}, async (service, { rita, anna, amir }) => {
      const { asOwner } = service.database;
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      const notDeputy = async (): Promise<void> => {
        const caller = await callAgain(service, amir);
        assert.equal(caller.deputyFor, undefined);
        await assert.rejects(decideAs(service, caller, waiting), refusal("notFound"));
      };
      await asOwner(
        `insert into absences (id, person_id, deputy_id, from_at, until_at, signature, created_at)
         values (gen_random_uuid(), $1, $2, now() - interval '1 day', now() + interval '1 day', 'x.y.z', now())`,
        [anna.id, amir.id],
      );
      await notDeputy();
      await nameDeputy(service, anna, amir.id, { days: 1 });
      await asOwner(
        "update absences set until_at = until_at + interval '30 days' where signature <> 'x.y.z'",
      );
      await notDeputy();
      await asOwner(
        "update absences set until_at = until_at - interval '30 days' where signature <> 'x.y.z'",
      );
      assert.equal((await callAgain(service, amir)).deputyFor?.length, 1);
      // Another one's absence, under its signature.
      const ada = await service.addPerson({ roles: ["approver"], groups: ["release"] });
      await asOwner("update absences set person_id = $1 where signature <> 'x.y.z'", [ada.id]);
      await notDeputy();
      await asOwner("update absences set person_id = $1 where signature <> 'x.y.z'", [anna.id]);
      await write(service.context, async (writing) => {
        await endAbsence(service.context, writing, await callAgain(service, anna));
      });
      await notDeputy();
      await asOwner("update absences set ended_at = null");
      await notDeputy();
      assert.equal((await eventsOf(service, "absenceBegun")).length, 1);
      assert.equal((await eventsOf(service, "absenceEnded")).length >= 1, true);
    }));

  it("is named by an approver who has just logged in, for a time; is another approver, known here; and is one at a time", () =>
    withPeople({}, async (service, { rita, anna, amir, ada }) => {
      const { context } = service;
      const until = new Date(context.now().getTime() + dayMs);
      const set = (caller: Person, input: Partial<Parameters<typeof setAbsence>[3]> = {}) =>
        write(context, (writing) =>
          setAbsence(context, writing, caller, { until, deputy: amir.id, ...input }),
        );
      await assert.rejects(set(rita), refusal("forbidden"));
      await assert.rejects(set({ ...anna, person: undefined }), refusal("forbidden"));
      await assert.rejects(
        set({ ...anna, authenticatedAt: new Date(context.now().getTime() - 16 * 60_000) }),
        refusal("staleLogIn"),
      );
      await assert.rejects(set(anna, { deputy: ada.id }), refusal("invalid"));
      await assert.rejects(set(anna, { deputy: "nobody" }), refusal("invalid"));
      await assert.rejects(set(anna, { deputy: anna.id }), refusal("samePerson"));
      const second = await service.addPerson({
        roles: ["approver"],
        person: ` ${anna.person?.toUpperCase() ?? ""}`,
      });
      await assert.rejects(set(anna, { deputy: second.id }), refusal("samePerson"));
      await assert.rejects(set(anna, { until: new Date(context.now().getTime() - 1) }), refusal("invalid"));
      await assert.rejects(
        set(anna, { until: new Date(context.now().getTime() + 200 * dayMs) }),
        refusal("invalid"),
      );
      await assert.rejects(set(anna, { from: until }), refusal("invalid"));
      const machine = await service.addPerson({ roles: ["approver"], person: undefined });
      await assert.rejects(set(anna, { deputy: machine.id }), refusal("invalid"));

      await set(anna);
      const zoe = await service.addPerson({ roles: ["approver"], name: "Zoe" });
      // By the other account of the same person.
      await set(second, { deputy: zoe.id });
      const view = await readAbsence(context, anna);
      assert.equal(view.own?.deputy.name, "Zoe");
      assert.deepEqual((await readAbsence(context, amir)).deputyFor, []);
      assert.equal((await readAbsence(context, zoe)).deputyFor.length, 1);
      assert.deepEqual(
        view.deputies.map(({ name }) => name),
        ["Amir", "Zoe"],
      );
    }));
});
