import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { newTenant, useHttpService } from "./harness";

interface Seen {
  id: string;
  state: string;
  questions: { text: string; by: { name?: string }; answer?: { text: string; by: { name?: string } } }[];
  plan: { digest: string };
}

describe("a request that is sent back with a question", () => {
  const service = useHttpService();

  async function waiting(): Promise<{ id: string; digest: string }> {
    const rita = await service().as("rita");
    const { id } = await rita.submit(newTenant());
    return { id, digest: await service().plan(id, "one") };
  }
  const code = (answer: { body: unknown }): string => (answer.body as { code: string }).code;

  it("is refused with a credential in it, and so are an answer and a comment: all of them are stored and shown", async () => {
    const { id, digest } = await waiting();
    const [rita, anna] = await Promise.all(["rita", "anna"].map((name) => service().as(name)));
    const secret = "client_secret=Zq7-81hdKqpLx0";
    await anna!.expect(201, "POST", `/requests/${id}/questions`, { text: "Which contract is it?" });
    for (const refused of [
      await anna!.call("POST", `/requests/${id}/questions`, { text: `Is it ${secret}?` }),
      await rita!.call("POST", `/requests/${id}/answers`, { text: secret }),
      await anna!.call("POST", `/requests/${id}/approvals`, { decision: "refuse", digest, comment: secret }),
    ]) {
      assert.deepEqual([refused.status, code(refused)], [400, "invalid"]);
      assert.ok(!JSON.stringify(refused.body).includes("Zq7"));
    }
    const seen = (await anna!.expect(200, "GET", `/requests/${id}`)) as Seen;
    assert.deepEqual([seen.state, seen.questions.length], ["waitingForApproval", 1]);
  });

  it("stays in its state, is answered only by its requester, and continues", async () => {
    const { id, digest } = await waiting();
    const [rita, ravi, anna, amir, otto] = await Promise.all(
      ["rita", "ravi", "anna", "amir", "otto"].map((name) => service().as(name)),
    );
    const question = { text: "Which contract is it?" };
    for (const [asker, status, expected] of [
      [rita!, 403, "samePerson"],
      [ravi!, 404, "notFound"],
      [otto!, 403, "forbidden"],
      [await service().as("ada"), 403, "forbidden"],
    ] as const) {
      const refused = await asker.call("POST", `/requests/${id}/questions`, question);
      assert.deepEqual([refused.status, code(refused)], [status, expected]);
    }
    const early = await rita!.call("POST", `/requests/${id}/answers`, { text: "Contract 7" });
    assert.deepEqual([early.status, code(early)], [409, "conflict"]);

    const asked = (await anna!.expect(201, "POST", `/requests/${id}/questions`, question)) as Seen;
    assert.equal(asked.state, "waitingForApproval");
    await amir!.expect(201, "POST", `/requests/${id}/questions`, { text: "And until when?" });
    for (const [other, status] of [
      [anna!, 403],
      [ravi!, 404],
    ] as const)
      assert.equal((await other.call("POST", `/requests/${id}/answers`, { text: "No" })).status, status);

    const key = randomUUID();
    const answer = { text: "Contract 7, for two years" };
    const first = await rita!.call("POST", `/requests/${id}/answers`, answer, key);
    const again = await rita!.call("POST", `/requests/${id}/answers`, answer, key);
    assert.deepEqual(
      [first.status, again.status, again.headers.get("idempotent-replayed")],
      [201, 201, "true"],
    );
    const seen = (await amir!.expect(200, "GET", `/requests/${id}`)) as Seen;
    assert.deepEqual(
      seen.questions.map(({ text, by, answer: given }) => [text, by.name, given?.text, given?.by.name]),
      [
        ["Which contract is it?", "Anna Approver", answer.text, "Rita Requester"],
        ["And until when?", "Amir Approver", answer.text, "Rita Requester"],
      ],
    );
    assert.equal(seen.plan.digest, digest, "the plan that can be approved is the same");
    await amir!.expect(201, "POST", `/requests/${id}/approvals`, { decision: "approve", digest });
    const late = await anna!.call("POST", `/requests/${id}/questions`, question);
    assert.deepEqual([late.status, code(late)], [409, "wrongState"]);

    const { items } = (await otto!.expect(200, "GET", "/audit?limit=100")) as {
      items: { kind: string; requestId?: string; actor?: { name?: string }; data: { text?: string } }[];
    };
    const told = items
      .filter(({ kind, requestId }) => requestId === id && kind.startsWith("question"))
      .map(({ kind, actor, data }) => [kind, actor?.name, data.text])
      .reverse();
    assert.deepEqual(told, [
      ["questionAsked", "Anna Approver", "Which contract is it?"],
      ["questionAsked", "Amir Approver", "And until when?"],
      ["questionAnswered", "Rita Requester", answer.text],
    ]);
  });

  it("refuses an empty or too long text, and changes nothing on record", async () => {
    const { id } = await waiting();
    const anna = await service().as("anna");
    for (const text of ["", "  ", "x".repeat(1_001)])
      assert.equal((await anna.call("POST", `/requests/${id}/questions`, { text })).status, 400);
    await anna.expect(201, "POST", `/requests/${id}/questions`, { text: "Why?" });
    for (const statement of ["update questions set text = 'Nothing'", "delete from questions"])
      await assert.rejects(service().database.asOwner(statement), { code: "42501" });
  });
});
