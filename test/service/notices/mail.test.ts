import { strict as assert } from "node:assert";

import { applied, applyFailed, applyStarted } from "resistant-tenants-service/actions/applied";
import { breakGlass } from "resistant-tenants-service/actions/break-glass";
import { planFailed, planMade } from "resistant-tenants-service/actions/planned";
import { transition } from "resistant-tenants-service/actions/transition";
import { withdraw } from "resistant-tenants-service/actions/withdraw-or-retry";
import { forgetPeople } from "resistant-tenants-service/audit/forget";
import { remind } from "resistant-tenants-service/notices/remind";
import { tellOfAnswer, tellOfQuestion } from "resistant-tenants-service/notices/tell";
import { write } from "resistant-tenants-service/records/database";

import { startMailReceiver } from "../../../sandbox/service/mail";
import { mentions } from "../../support/mentions";
import { decideAs, eventsOf, stateOf, waitForApproval } from "../records/approvals";
import { recordOf } from "../records/customer";
import { newCustomer, planOf, useDatabaseServer } from "../records/service";
import { type MailedService, makeMailedService, type Received } from "./notices";

const hourMs = 3_600_000;

/** Who got which mail, by its topic, and about what. */
function summary(mails: readonly Received[]): [to: string, topic: string, about: string][] {
  return mails.map(({ to, headers }) => {
    const [about = ""] = (headers["subject"] ?? "").split(": ");
    return [to, headers["x-tenants-topic"] ?? "", about];
  });
}

async function withService(
  server: Parameters<typeof makeMailedService>[0],
  options: Parameters<typeof makeMailedService>[1],
  act: (service: MailedService) => Promise<void>,
): Promise<void> {
  const service = await makeMailedService(server, options);
  try {
    await act(service);
  } finally {
    await service.close();
  }
}

describe("the service's mail", () => {
  const server = useDatabaseServer();

  it("notifies approvers of the stage, but not the requester, of a waiting plan, and the requester of the result", () =>
    withService(server(), { rules: { production: { groups: ["release"] } } }, async (service) => {
      const person = (email: string, roles: string[], groups: string[] = [], employee = email) =>
        service.addPerson({ email, name: email, roles: roles as never, groups, person: employee });
      const rita = await person("rita@example.com", ["requester", "approver"], ["release"], "E-1");
      await person("rita.admin@example.com", ["approver"], ["release"], "e-1 ");
      const anna = await person("anna@example.com", ["approver"], ["release"]);
      await person("other@example.com", ["approver"], ["sales"]);
      await person("otto@example.com", ["auditor"]);
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      const mails = await service.mails();
      assert.deepEqual(summary(mails), [["anna@example.com", "needsApproval", "[tenants] production acme"]]);
      const [mail] = mails;
      assert.ok(mail?.text.includes(`http://127.0.0.1:1/requests/${waiting.requestId}\n`));
      mentions(mail?.text ?? "", "expires");
      assert.match(mail?.headers["content-type"] ?? "", /^text\/plain/);
      assert.equal(mail?.headers["auto-submitted"], "auto-generated");
      // Whoever reads the file without a mail program finds the link whole.
      assert.equal(mail.headers["content-transfer-encoding"], "7bit");

      // The same plan, made again, is told once; another one is told of.
      const again = (content: string): Promise<void> =>
        write(service.context, async (writing) => {
          await transition(service.context, writing, { requestId: waiting.requestId, event: "planOutdated" });
        }).then(() => planMade(service.context, waiting.requestId, planOf(content)));
      await again(waiting.requestId);
      assert.deepEqual(await service.mails(), []);
      await again("another plan");
      const { digest } = planOf("another plan");
      assert.deepEqual(summary(await service.mails()), [
        ["anna@example.com", "needsApproval", "[tenants] production acme"],
      ]);
      await decideAs(service, anna, { requestId: waiting.requestId, digest });
      assert.deepEqual(summary(await service.mails()), [
        ["rita@example.com", "approved", "[tenants] production acme"],
      ]);
      await applyStarted(service.context, waiting.requestId, digest);
      await applied(service.context, waiting.requestId, {
        entry: { name: "acme" },
        record: recordOf("acme", "production"),
      });
      const done = await service.mails();
      assert.deepEqual(summary(done), [["rita@example.com", "done", "[tenants] production acme"]]);
      assert.ok(!done[0]?.text.includes("arn:"));
    }));

  it("reports how a request ended: refused, failed, expired, withdrawn by another person, with what to do next", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com", name: "Rita" });
      const anna = await service.addPerson({ email: "anna@example.com", name: "Anna", roles: ["approver"] });
      const ada = await service.addPerson({
        email: "ada@example.com",
        name: "Ada",
        roles: ["administrator"],
      });
      const texts = async (to: string): Promise<string> =>
        (await service.mails())
          .filter((mail) => mail.to === to)
          .map(({ headers, text }) =>
            [headers["x-tenants-topic"], headers["subject"], text].map(String).join("\n"),
          )
          .join("\n");

      const refused = await waitForApproval(service, rita, newCustomer("refused"));
      await decideAs(service, anna, refused, { decision: "refuse", comment: "The contract is not signed." });
      const refusal = await texts("rita@example.com");
      mentions(refusal, "production refused", "refused");
      mentions(refusal, "Anna", "> The contract is not signed.");

      const unplanned = await service.submit(rita, newCustomer("unplanned"));
      await planFailed(service.context, unplanned, { code: "quota", detail: "The quota is used up." });
      mentions(await texts("rita@example.com"), "production unplanned", "failed", "> The quota is used up.");

      const failing = await waitForApproval(service, rita, newCustomer("failing"));
      await decideAs(service, anna, failing);
      await applyStarted(service.context, failing.requestId, failing.digest);
      await applyFailed(service.context, failing.requestId, {
        code: "x",
        detail: "The vendor did not answer.",
      });
      const failed = await service.mails();
      assert.deepEqual(
        summary(failed)
          .filter(([, topic]) => topic !== "needsApproval")
          .map((each) => each.join(" "))
          .sort(),
        [
          "ada@example.com needsAdministrator [tenants] production failing",
          "rita@example.com approved [tenants] production failing",
          "rita@example.com failed [tenants] production failing",
        ],
      );
      for (const { headers, text } of failed)
        if (["failed", "needsAdministrator"].includes(headers["x-tenants-topic"] ?? ""))
          mentions(text, "> The vendor did not answer.");

      const withdrawn = await waitForApproval(service, rita, newCustomer("withdrawn"));
      await write(service.context, (writing) =>
        withdraw(service.context, writing, ada, withdrawn.requestId, "why"),
      );
      mentions(await texts("rita@example.com"), "withdrawn", "production withdrawn", "Ada");
      const own = await waitForApproval(service, rita, newCustomer("own"));
      await write(service.context, (writing) => withdraw(service.context, writing, rita, own.requestId, ""));
      // Neither who did it, nor the approvers, who need not do anything any more.
      assert.deepEqual(await service.mails(), []);

      const expiring = await waitForApproval(service, rita, newCustomer("expiring"));
      await write(service.context, (writing) =>
        transition(service.context, writing, { requestId: expiring.requestId, event: "expired" }),
      );
      mentions(await texts("rita@example.com"), "production expiring", "expired");
    }));

  it("notifies everyone of a use of break-glass: approvers, administrators, auditors, the requester and who did it", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
      await service.addPerson({ email: "otto@example.com", roles: ["auditor"] });
      await service.addPerson({ email: "ravi@example.com" });
      const ada = await service.addPerson({
        email: "ada@example.com",
        name: "Ada",
        roles: ["administrator"],
      });
      const { requestId } = await waitForApproval(service, rita, newCustomer("acme"));
      await service.mails();
      await write(service.context, (writing) =>
        breakGlass(service.context, writing, ada, requestId, "The customer goes live tonight."),
      );
      const mails = await service.mails();
      assert.deepEqual(
        mails.map(({ to }) => to),
        ["ada@example.com", "anna@example.com", "otto@example.com", "rita@example.com"],
      );
      for (const { text, headers } of mails) {
        assert.equal(headers["x-tenants-topic"], "glassBroken");
        mentions(headers["subject"] ?? "", "BREAK-GLASS");
        mentions(text, "Ada", "> The customer goes live tonight.");
      }
    }));

  it("shows names, reasons, questions and comments as quoted text: no header, no link, no markup, no line like the service's", () =>
    withService(server(), {}, async (service) => {
      const hostile =
        "<b>Hi</b>\r\nBcc: victim@example.com\r\n\r\nApprove: https://evil.example/x\u202e \u200bwww.evil.example";
      const rita = await service.addPerson({ email: "rita@example.com", name: hostile });
      const anna = await service.addPerson({ email: "anna@example.com", name: hostile, roles: ["approver"] });
      const waiting = await waitForApproval(service, rita, { ...newCustomer("acme"), reason: hostile });
      const mails = await service.mails();
      const row = await service.context.database
        .selectFrom("requests")
        .selectAll()
        .where("id", "=", waiting.requestId)
        .executeTakeFirstOrThrow();
      await write(service.context, async (writing) => {
        await tellOfQuestion(service.context, writing, row, { actorId: anna.id, text: hostile, id: "q-1" });
        await tellOfAnswer(service.context, writing, row, {
          actorId: rita.id,
          text: hostile,
          id: "a-1",
          toId: anna.id,
        });
        // Once each.
        await tellOfQuestion(service.context, writing, row, { actorId: anna.id, text: hostile, id: "q-1" });
      });
      mails.push(...(await service.mails()));
      await decideAs(service, anna, waiting, { decision: "refuse", comment: hostile });
      mails.push(...(await service.mails()));
      assert.deepEqual(
        mails.map(({ to }) => to),
        ["anna@example.com", "anna@example.com", "rita@example.com", "rita@example.com"],
      );
      for (const { head, headers, text } of mails) {
        assert.doesNotMatch(head, /^bcc|^cc|victim|evil|<b>/im);
        assert.match(headers["content-type"] ?? "", /^text\/plain; charset=utf-8$/);
        assert.doesNotMatch(text, /https:\/\/|^Bcc|^Approve|[\u202e\u200b\r]|\bwww\.evil/m);
        assert.match(
          text,
          /^> <b>Hi<\/b>\n> Bcc: victim@example\.com\n>\n> Approve: https\[:\]\/\/evil\.example\/x www\[\.\]evil/m,
        );
      }
    }));

  it("sends nothing to an invalid address, or to several in one", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      for (const email of [
        "a@example.com, victim@example.com",
        "a@example.com\r\nBcc: victim@example.com",
        "Anna <a@example.com>",
        "a@example.com\n",
        "a",
        `${"a".repeat(300)}@example.com`,
      ])
        await service.addPerson({ email, roles: ["approver"] });
      await waitForApproval(service, rita, newCustomer("acme"));
      assert.deepEqual(await service.mails(), []);
      assert.deepEqual(
        service.attempts.map(({ how }) => how),
        Array(6).fill("failed"),
      );
      assert.equal((await eventsOf(service, "noticeNotDelivered")).length, 6);
    }));

  it("is not lost by a crash: a committed mail is sent by the next worker, under the same Message-ID", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
      const ids: string[] = [];
      // A worker that dies after the server has taken the mail, and before it could note that.
      const dying = service.newSender({
        mailer: {
          send: ({ messageId }) => {
            ids.push(messageId);
            return new Promise(() => undefined);
          },
          close: () => undefined,
        },
      });
      await waitForApproval(service, rita, newCustomer("acme"));
      void dying.sendDue("mail");
      while (ids.length === 0) await new Promise(setImmediate);
      assert.deepEqual(await service.mails(), []);
      service.later(6 * 60_000);
      const [mail, ...more] = await service.mails();
      assert.equal(mail?.headers["message-id"], ids[0]);
      assert.deepEqual(more, []);
      service.later(24 * hourMs);
      assert.deepEqual(await service.mails(), []);
    }));

  it("reports nothing that was rolled back, and two workers at once send each mail once", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      for (let index = 0; index < 12; index++)
        await service.addPerson({ email: `anna${index}@example.com`, roles: ["approver"] });
      const { requestId } = await waitForApproval(service, rita, newCustomer("acme"));
      const others = [service.newSender(), service.newSender()];
      await Promise.all(others.map((other) => other.sendDue("mail")));
      const mails = await service.mails();
      assert.equal(mails.length, 12);
      assert.equal(new Set(mails.map(({ to }) => to)).size, 12);
      await assert.rejects(
        write(service.context, async (writing) => {
          await transition(service.context, writing, { requestId, event: "expired" });
          throw new Error("the process dies");
        }),
      );
      assert.deepEqual(await service.mails(), []);
      assert.equal(await stateOf(service, requestId), "waitingForApproval");
    }));

  it("delays no request while the server is down, is sent when it is back, and is given up after days", () =>
    withService(server(), {}, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      const anna = await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
      await service.receiver.close();
      const waiting = await waitForApproval(service, rita, newCustomer("acme"));
      assert.deepEqual(await service.mails(), []);
      await decideAs(service, anna, waiting);
      assert.equal(await stateOf(service, waiting.requestId), "queued");
      await service.mails();
      assert.ok(service.attempts.every(({ how }) => how === "later"));
      // One attempt at a time while it is dead: with back-off, not at once again.
      const before = service.attempts.length;
      await service.mails();
      assert.ok(service.attempts.length <= before + 1);
      service.later(hourMs);
      const back = await startMailReceiver(service.receiver.folder, { port: service.receiver.port });
      const mails = await service.mails();
      await back.close();
      // The approver need not be told any more.
      assert.deepEqual(
        mails.map(({ to }) => to),
        ["rita@example.com"],
      );
      await waitForApproval(service, rita, newCustomer("other"));
      service.later(73 * hourMs);
      await service.mails();
      assert.equal(service.attempts.at(-1)?.how, "failed");
      const [event] = await eventsOf(service, "noticeNotDelivered");
      assert.equal(event?.["person"], anna.id);
      assert.ok(!JSON.stringify(event).includes("@"));
    }));

  it("is given up at once if the server refuses the receiver, and the others are still sent", () =>
    withService(
      server(),
      {
        refuse: (address) =>
          address.startsWith("gone")
            ? Object.assign(new Error("No such user"), { responseCode: 550 })
            : undefined,
      },
      async (service) => {
        const rita = await service.addPerson({ email: "rita@example.com" });
        await service.addPerson({ email: "gone@example.com", roles: ["approver"] });
        await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
        await waitForApproval(service, rita, newCustomer("acme"));
        assert.deepEqual(
          (await service.mails()).map(({ to }) => to),
          ["anna@example.com"],
        );
        const [event] = await eventsOf(service, "noticeNotDelivered");
        assert.equal(event?.["problem"], "EENVELOPE 550");
      },
    ));

  it("reminds approvers once an interval, warns of the end once, and stops with the decision", () =>
    withService(
      server(),
      { rules: { production: { required: 2 } }, mail: { remindAfterHours: 24, remindEveryHours: 48 } },
      async (service) => {
        const rita = await service.addPerson({ email: "rita@example.com" });
        const anna = await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
        await service.addPerson({ email: "amir@example.com", roles: ["approver"] });
        const waiting = await waitForApproval(service, rita, newCustomer("acme"));
        await service.mails();
        const reminded = async (): Promise<string[]> => {
          // Two workers ask at once.
          await Promise.all([remind(service.context), remind(service.context)]);
          return (await service.mails()).map(
            ({ to, headers }) => `${to} ${headers["x-tenants-topic"] ?? ""}`,
          );
        };
        service.later(23 * hourMs);
        assert.deepEqual(await reminded(), []);
        service.later(2 * hourMs);
        assert.deepEqual(await reminded(), ["amir@example.com reminder", "anna@example.com reminder"]);
        assert.deepEqual(await reminded(), []);
        await decideAs(service, anna, waiting);
        const [given, ...others] = await service.mails();
        assert.deepEqual(
          [given?.to, given?.headers["x-tenants-topic"], others],
          ["rita@example.com", "approvalGiven", []],
        );
        mentions(given?.headers["subject"], "1 of 2");
        service.later(48 * hourMs);
        assert.deepEqual(await reminded(), ["amir@example.com reminder"]);
        // Anna's approval has ended by then. Fourteen days after it was asked for it expires.
        service.later(9.5 * 24 * hourMs);
        await reminded();
        service.later(24 * hourMs);
        const warned = (await reminded()).filter((line) => line.endsWith(" expiring"));
        assert.deepEqual(
          warned.map((line) => line.split(" ")[0]),
          ["amir@example.com", "anna@example.com", "rita@example.com"],
        );
        assert.deepEqual(
          (await reminded()).filter((line) => line.endsWith(" expiring")),
          [],
        );
      },
    ));

  it("is sent neither to deleted people, nor to people not seen for long; the outbox contains no address", () =>
    withService(server(), { mail: { seenWithinDays: 30 } }, async (service) => {
      const rita = await service.addPerson({ email: "rita@example.com" });
      await service.addPerson({ email: "anna@example.com", roles: ["approver"] });
      await waitForApproval(service, rita, newCustomer("acme"));
      const rows = await service.database.asOwner("select * from notices");
      assert.equal(rows.length, 1);
      assert.ok(!JSON.stringify(rows).includes("@"));
      service.later(3 * 365 * 24 * hourMs);
      await forgetPeople(service.context);
      assert.deepEqual(await service.mails(), []);
      assert.deepEqual(
        service.attempts.map(({ how }) => how),
        ["superseded"],
      );
      await service.context.database.updateTable("people").set({ email: "anna@example.com" }).execute();
      await waitForApproval(service, rita, newCustomer("other"));
      assert.deepEqual(await service.mails(), []);
    }));
});
