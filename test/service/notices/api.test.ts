import { strict as assert } from "node:assert";

import { seePerson } from "resistant-tenants-service/identity/people";

import { useHttpService } from "../http/harness";

interface Absence {
  from?: string;
  until?: string;
  deputy?: { id: string; name?: string };
  deputyFor: { id: string; name?: string; until: string }[];
  deputies: { id: string; name?: string }[];
}

describe("the API of absences and notices", () => {
  const service = useHttpService();

  it("accepts the deputy of an approver who has just logged in, shows it to both, and ends it", async () => {
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const [anna, amir, rita] = [
      await service().as("anna"),
      await service().as("amir"),
      await service().as("rita"),
    ];
    for (const somebody of [anna, amir, rita, await service().as("sam"), await service().as("sam.admin")])
      await somebody.expect(200, "GET", "/me");
    const before = (await anna.expect(200, "GET", "/me/absence")) as Absence;
    assert.equal(before.until, undefined);
    // One entry for each person, though Sam has two accounts.
    assert.deepEqual(
      before.deputies.map(({ name }) => name),
      ["Amir Approver", "Sam Second"],
    );
    await rita.expect(403, "PUT", "/me/absence", { until, deputy: "amir" });
    await (await service().machine()).expect(403, "PUT", "/me/absence", { until, deputy: "amir" });
    await (await service().as("anna", 1_000)).expect(403, "PUT", "/me/absence", { until, deputy: "amir" });
    await anna.expect(400, "PUT", "/me/absence", { until, deputy: "rita" });
    await anna.expect(400, "PUT", "/me/absence", { until: "tomorrow", deputy: "amir" });
    await anna.expect(404, "DELETE", "/me/absence");
    const named = (await anna.expect(200, "PUT", "/me/absence", { until, deputy: "amir" })) as Absence;
    assert.deepEqual([named.until, named.deputy?.name], [until, "Amir Approver"]);
    const seen = (await amir.expect(200, "GET", "/me/absence")) as Absence;
    assert.deepEqual(
      seen.deputyFor.map((one) => [one.name, one.until]),
      [["Anna Approver", until]],
    );
    const ended = (await anna.expect(200, "DELETE", "/me/absence")) as Absence;
    assert.equal(ended.deputy, undefined);
    assert.deepEqual(((await amir.expect(200, "GET", "/me/absence")) as Absence).deputyFor, []);
    const audit = (await (await service().as("otto")).expect(200, "GET", "/audit?limit=50")) as {
      items: { kind: string }[];
    };
    const kinds = audit.items.map(({ kind }) => kind);
    assert.ok(kinds.includes("absenceBegun") && kinds.includes("absenceEnded"));
  });

  it("lists notices only for administrators and auditors, without addresses, page by page", async () => {
    const { context } = service();
    const { id: personId } = await context.database
      .selectFrom("people")
      .select("id")
      .executeTakeFirstOrThrow();
    for (const state of ["failed", "waiting", "sent"])
      await context.database
        .insertInto("notices")
        .values({
          id: crypto.randomUUID(),
          channel: "mail",
          topic: "done",
          key: state,
          person_id: personId,
          body: JSON.stringify({ text: "what somebody wrote" }),
          state,
          due_at: new Date(),
          created_at: new Date(),
          problem: state === "failed" ? "EENVELOPE 550" : null,
        })
        .execute();
    for (const username of ["rita", "anna"])
      await (await service().as(username)).expect(403, "GET", "/notices");
    const otto = await service().as("otto");
    const failed = (await otto.expect(200, "GET", "/notices?state=failed")) as {
      items: Record<string, unknown>[];
    };
    assert.deepEqual(
      failed.items.map(({ state, problem }) => [state, problem]),
      [["failed", "EENVELOPE 550"]],
    );
    const seen: unknown[] = [];
    let after = "";
    do {
      const page = (await otto.expect(200, "GET", `/notices?limit=1${after}`)) as {
        items: unknown[];
        next?: string;
      };
      seen.push(...page.items);
      after = page.next === undefined ? "" : `&after=${page.next}`;
    } while (after !== "");
    assert.equal(seen.length, 3);
    assert.doesNotMatch(JSON.stringify(seen), /@|what somebody wrote/);
    await otto.expect(400, "GET", "/notices?after=nothing");
  });

  it("keeps the address from a log-in if a later token has none", async () => {
    const { context } = service();
    const account = {
      issuer: context.settings.identity.issuer,
      subject: "zoe",
      person: "E-zoe",
      name: "Zoe",
      email: "zoe@example.com",
      roles: ["approver"] as const,
      groups: [],
      authenticatedAt: undefined,
    };
    await seePerson(context, account);
    await seePerson(context, {
      ...account,
      name: undefined,
      email: undefined,
      roles: ["approver", "auditor"],
    });
    const row = await context.database
      .selectFrom("people")
      .select(["name", "email", "roles"])
      .where("subject", "=", "zoe")
      .executeTakeFirstOrThrow();
    assert.deepEqual(row, { name: "Zoe", email: "zoe@example.com", roles: ["approver", "auditor"] });
  });
});
