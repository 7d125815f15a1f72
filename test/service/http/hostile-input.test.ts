import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { z } from "zod";

import { PlainBrowser } from "./browser";
import { newTenant, useHttpService } from "./harness";

const events = z.object({ items: z.array(z.looseObject({ kind: z.string(), data: z.unknown() })) });
const held = z.object({
  items: z.array(
    z.looseObject({
      personId: z.string(),
      since: z.string(),
      until: z.string().optional(),
      roles: z.array(z.string()),
    }),
  ),
});

describe("hostile calls of the API", () => {
  const service = useHttpService();

  /** Sends a body as it is; gives the status. */
  async function send(
    username: string,
    method: string,
    at: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<number> {
    const answer = await fetch(`${service().url}/api/v1${at}`, {
      method,
      headers: {
        authorization: `Bearer ${await service().token(username)}`,
        "idempotency-key": randomUUID(),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    await answer.body?.cancel();
    return answer.status;
  }

  /** A request in production whose plan waits for approval. */
  async function waiting(): Promise<{ id: string; digest: string }> {
    const { id } = await (await service().as("rita")).submit(newTenant());
    return { id, digest: await service().plan(id, `plan of ${id}`) };
  }

  it("are refused if any text cannot be stored, or is nested endlessly", async () => {
    const { id, digest } = await waiting();
    const deep = `${"[".repeat(60_000)}${"]".repeat(60_000)}`;
    const tenant = JSON.stringify(newTenant());
    const bodies: [string, string][] = [
      ["/requests", tenant.replace('"CRM-1"', deep)],
      ["/requests", tenant.replace('"eu-1"', deep)],
      ["/requests", tenant.replace('"cells"', `"other":${deep},"cells"`)],
      ["/requests", tenant.replace('"cells"', '"other\\u0000":1,"cells"')],
      ["/requests", tenant.replace("CRM-1", "CRM\\ud800")],
      ["/requests", tenant.replace('"cells"', '"__proto__":{"owner":"x"},"cells"')],
    ];
    for (const bad of ["\\u0000", "a\\ud800", "\\udfff"]) {
      bodies.push([
        `/requests/${id}/approvals`,
        `{"decision":"approve","digest":"${digest}","comment":"${bad}"}`,
      ]);
      bodies.push([`/requests/${id}/questions`, `{"text":"${bad}"}`]);
      bodies.push([`/requests/${id}/approvals`, `{"decision":"approve","digest":"${bad}"}`]);
    }
    for (const [at, body] of bodies) {
      const username = at === "/requests" ? "rita" : "anna";
      assert.equal(await send(username, "POST", at, body), 400, `${at} ${body.slice(0, 200)}`);
    }
    const addresses: [string, number][] = [
      ["/requests?customer=%00", 400],
      ["/customers?after=%00", 400],
      ["/customers?after=nobody", 400],
      ["/customers/production/%00", 404],
      ["/customers/production/..%2f..%2fetc", 404],
      ["/requests/%00", 404],
      ...["actor", "customer", "kind", "tenantId", "requester", "after"].map((name): [string, number] => [
        `/audit?${name}=a%00`,
        400,
      ]),
      ["/audit/roles?person=%00", 400],
      ["/audit?from=2026-01-01T00:00:00%2B99:99", 400],
    ];
    for (const [at, status] of addresses) assert.equal(await send("eve", "GET", at), status, at);
    const page = new PlainBrowser();
    const shown = await page.go(`${service().url}/login?returnTo=%00`, undefined, { accept: "text/html" });
    assert.equal(shown.status, 400);
    assert.doesNotMatch(service().log(), /"level":"error"/);
  });

  it("of a form are answered with the form, whatever its hidden fields hold", async () => {
    const browser = new PlainBrowser();
    const logIn = await browser.go(`${service().url}/login`);
    await browser.go(logIn.url.href, { username: "rita", password: "rita" });
    for (const entry of ["{", "[]", "null", '"x"']) {
      const form = { kind: "rotate", stage: "testing", name: "acme", basedOn: "x", reason: "r", entry };
      const shown = await browser.go(`${service().url}/requests/new`, { ...form, key: randomUUID() });
      assert.equal(shown.status, 422, entry);
    }
    assert.doesNotMatch(service().log(), /"level":"error"/);
  });

  it("are validated with anything before or after the content type", async () => {
    const token = await service().token("rita");
    const body = JSON.stringify({ ...newTenant(), customer: { name: "BAD NAME" } });
    const lines = [
      "Content-Type : application/json",
      "Content-Type:  application/json",
      "Content-Type:\tapplication/json",
      "Content-Type: application/JSON; charset=utf-8",
      "Content-Type: application/json;",
      "Content-Type: application/json\r\nContent-Type: text/plain",
      "Content-Type: application/problem+json",
      "Content-Type: text/plain",
      "Content-Type: application/x-www-form-urlencoded",
      "X: y",
    ];
    for (const line of lines) {
      const socket = connect(Number(new URL(service().url).port), "127.0.0.1");
      socket.write(
        [
          ...["POST /api/v1/requests HTTP/1.1", "Host: x", `Authorization: Bearer ${token}`],
          ...[
            `Idempotency-Key: ${randomUUID()}`,
            line,
            `Content-Length: ${body.length}`,
            "Connection: close",
          ],
          ...["", body],
        ].join("\r\n"),
      );
      assert.match(await text(socket), /^HTTP\/1\.1 4\d\d /, line);
    }
    const [row] = await service().database.asOwner<{ count: string }>(
      "select count(*) from requests where customer like '%BAD%'",
    );
    assert.equal(Number(row?.count), 0);
  });

  it("mean one request in any form of its id: the approval counts, once, and does not look forged", async () => {
    const { id, digest } = await waiting();
    const anna = await service().as("anna");
    const body = { decision: "approve", digest };
    const key = randomUUID();
    const first = await anna.call("POST", `/requests/${id.toUpperCase()}/approvals`, body, key);
    assert.equal(first.status, 201);
    assert.equal((first.body as { state: string }).state, "queued");
    for (const other of [id, id.toUpperCase()])
      assert.equal(
        (await anna.call("POST", `/requests/${other}/approvals`, body, key)).headers.get(
          "idempotent-replayed",
        ),
        "true",
        other,
      );
    const otto = await service().as("otto");
    const found = events.parse(
      await otto.expect(200, "GET", `/audit?requestId=${id.toUpperCase()}&limit=50`),
    );
    const kinds = found.items.map(({ kind }) => kind);
    assert.ok(kinds.includes("approvalGiven"));
    assert.ok(!kinds.includes("approvalNotVerified"));
  });

  it("approve nothing by a digest that only looks like the plan's, an ID token, a log-in of the future, or a key of elsewhere", async () => {
    const [one, other] = [await waiting(), await waiting()];
    const anna = await service().as("anna");
    for (const digest of [` ${one.digest}`, one.digest.toUpperCase(), `${one.digest}\n`, other.digest])
      assert.equal(
        (await anna.call("POST", `/requests/${one.id}/approvals`, { decision: "approve", digest })).status,
        409,
        digest,
      );
    for (const age of [-3_600, -120, 901, 100_000]) {
      const late = await service().as("amir", age);
      const answer = await late.call("POST", `/requests/${one.id}/approvals`, {
        decision: "approve",
        digest: one.digest,
      });
      assert.ok([401, 403].includes(answer.status), `auth_time ${age} s ago`);
    }
    // One key means one thing on each route.
    const key = randomUUID();
    for (const { id, digest } of [one, other]) {
      const answer = await anna.call(
        "POST",
        `/requests/${id}/approvals`,
        { decision: "refuse", digest },
        key,
      );
      assert.deepEqual([answer.status, answer.headers.get("idempotent-replayed")], [201, null]);
    }
    const rita = await service().as("rita");
    for (const { id } of [one, other]) assert.equal((await rita.request(id)).state, "refused");
  });

  it("are on record: refused log-ins, and who held which role when", async () => {
    const otto = await service().as("otto");
    const stranger = new PlainBrowser();
    for (const query of ["code=x&state=y", "error=access_denied&state=y", ""])
      assert.equal((await stranger.go(`${service().url}/callback?${query}`)).status, 401);
    const refused = events.parse(await otto.expect(200, "GET", "/audit?kind=logInRefused"));
    assert.deepEqual(
      refused.items.map(({ data }) => data),
      [1, 2, 3].map(() => ({ problem: "unauthenticated" })),
    );
    // Whoever only asks cannot read either.
    for (const at of ["/audit/roles", "/audit?kind=logInRefused"])
      assert.equal((await (await service().as("rita")).call("GET", at)).status, 403, at);

    const roles = async (query = ""): Promise<z.output<typeof held>["items"]> =>
      held.parse(await otto.expect(200, "GET", `/audit/roles${query}`)).items;
    const [first] = await roles("?person=rita");
    assert.deepEqual(first?.roles, ["requester"]);
    assert.equal(first.until, undefined);
    const between = new Date(Date.parse(first.since) + 1).toISOString();
    service().testService.later(60_000);
    const { context } = service();
    const person = { issuer: context.settings.identity.issuer, subject: "rita", person: "E-1001" };
    const { seePerson } = await import("resistant-tenants-service/identity/people");
    await seePerson(context, {
      ...person,
      ...{ name: "Rita Requester", email: undefined, groups: [], authenticatedAt: undefined },
      roles: ["approver", "auditor"],
    });
    const all = await roles("?person=Rita%20Requester");
    assert.deepEqual(
      all.map((one) => one.roles),
      [["requester"], ["approver", "auditor"]],
    );
    assert.equal(all[0]?.until, all[1]?.since);
    assert.deepEqual(
      (await roles(`?person=rita&at=${encodeURIComponent(between)}`)).map((one) => one.roles),
      [["requester"]],
    );
    assert.deepEqual(await roles("?person=rita&at=2020-01-01"), []);
    assert.equal((await otto.call("GET", "/audit/roles?at=yesterday")).status, 400);
    const reads = events.parse(await otto.expect(200, "GET", "/audit?kind=auditRead&limit=1"));
    assert.equal((reads.items[0]?.data as { what?: string }).what, "roles");
  });

  it("end with their token: one that has expired opens nothing", async () => {
    const token = await service().token("eve");
    const call = async (): Promise<number> =>
      (await fetch(`${service().url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
    service().testService.later(-60_000);
    assert.equal(await call(), 200);
    service().testService.later(24 * 3_600_000);
    assert.equal(await call(), 401);
  });
});
