import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { generateKeyPair, SignJWT } from "jose";

import { mentions } from "../../support/mentions";
import { type HttpService, newTenant, useHttpService } from "./harness";

interface Shown {
  id: string;
  state: string;
  approvals: { decision: string }[];
  plan?: unknown;
  [member: string]: unknown;
}

interface Refusal {
  code: string;
  detail: string;
  errors: { path: string }[];
}

describe("the service's API", () => {
  const service = useHttpService();

  const raw = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${service().url}/api/v1${path}`, init);

  it("accepts nothing without a log-in, and only the issuer's access tokens for this API", async () => {
    const { issuer, machine } = service().identity;
    const { privateKey } = await generateKeyPair("RS256");
    const now = Math.floor(Date.now() / 1_000);
    const forged = await new SignJWT({ roles: ["administrator"], employee_number: "E-1" })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "other" })
      .setIssuer(issuer)
      .setSubject("ada")
      .setAudience(machine.resource)
      .setIssuedAt(now)
      .setExpirationTime(now + 60)
      .sign(privateKey);
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${forged.split(".")[1] ?? ""}.`;
    for (const authorization of [
      undefined,
      "Basic YTpi",
      "Bearer x",
      `Bearer ${forged}`,
      `Bearer ${unsigned}`,
    ]) {
      const answer = await raw(
        "/requests",
        authorization === undefined ? {} : { headers: { authorization } },
      );
      assert.equal(answer.status, 401, authorization);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
    }
  });

  it("answers a POST by its key: missing 400, again the same request, another body 422", async () => {
    const rita = await service().as("rita");
    const body = newTenant();
    const token = await service().token("rita");
    const without = await raw("/requests", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(without.status, 400);
    const key = randomUUID();
    const first = await rita.call("POST", "/requests", body, key);
    assert.equal(first.status, 201, JSON.stringify(first.body));
    const { id, state } = first.body as Shown;
    assert.equal(state, "previewing");
    assert.equal(first.headers.get("location"), `/api/v1/requests/${id}`);
    assert.equal(first.headers.get("idempotent-replayed"), null);
    const again = await rita.call("POST", "/requests", body, key);
    assert.equal(again.status, 201);
    assert.equal((again.body as Shown).id, id);
    assert.equal(again.headers.get("idempotent-replayed"), "true");
    const other = await rita.call("POST", "/requests", newTenant(), key);
    assert.equal(other.status, 422);
    const ravi = await service().as("ravi");
    const anothers = await ravi.call("POST", "/requests", newTenant(), key);
    assert.equal(anothers.status, 201, "a key is its caller's own");
  });

  it("leaves members out that have no value, and lists page by page", async () => {
    const rita = await service().as("rita");
    const { body } = await rita.call("POST", "/requests", newTenant());
    const request = body as Shown;
    for (const member of ["plan", "result", "problem", "batchId"]) assert.ok(!(member in request), member);
    await rita.call("POST", "/requests", newTenant());
    const first = (await rita.call("GET", "/requests?limit=1")).body as { items: Shown[]; next: string };
    assert.equal(first.items.length, 1);
    const second = (await rita.call("GET", `/requests?limit=1&after=${first.next}`)).body as {
      items: Shown[];
    };
    assert.notEqual(second.items[0]?.id, first.items[0]?.id);
    for (const query of ["limit=0", "limit=x", "limit=100000", "after=nothing"])
      assert.ok([400, 404].includes((await rita.call("GET", `/requests?${query}`)).status), query);
  });

  it("names all that is wrong in a body, with its path", async () => {
    const rita = await service().as("rita");
    const wrong = await rita.call("POST", "/requests", {
      kind: "createCustomer",
      stage: "nowhere",
      customer: {},
    });
    assert.equal(wrong.status, 400);
    const { errors } = wrong.body as { errors: { path: string }[] };
    assert.deepEqual(new Set(errors.map(({ path }) => path)), new Set(["stage", "reason", "customer.name"]));
    const entry = await rita.call(
      "POST",
      "/requests",
      newTenant({ customer: { name: "UPPER", cells: ["mars-1"] } }),
    );
    assert.equal(entry.status, 400);
    const notJson = await raw("/requests", {
      method: "POST",
      headers: {
        authorization: `Bearer ${await service().token("rita")}`,
        "content-type": "application/json",
        "idempotency-key": "k",
      },
      body: "{",
    });
    assert.equal(notJson.status, 400);
    assert.match(notJson.headers.get("content-type") ?? "", /problem\+json/);
  });

  it("says what is wrong with its path, in words that are not the schema library's", async () => {
    const rita = await service().as("rita");
    const { id } = await rita.submit(newTenant());
    const cases: Array<[method: string, at: string, body: unknown, path: string, ...names: string[]]> = [
      ["GET", "/requests?limit=0", undefined, "limit", "1"],
      ["GET", "/requests?limit=1.5", undefined, "limit", "whole"],
      ["GET", "/requests?limit=x", undefined, "limit", "number"],
      ["GET", "/requests?after=", undefined, "after", "empty"],
      ["GET", "/requests?stage=Production", undefined, "stage", "testing, production"],
      ["POST", "/requests", { requests: [] }, "requests", "empty"],
      ["POST", "/requests", [], "", "object"],
      ["POST", "/requests", newTenant({ kind: "create" }), "kind", "unknown"],
      ["POST", "/requests", newTenant({ reason: undefined }), "reason", "given"],
      ["POST", "/requests", newTenant({ endsOn: "soon" }), "endsOn", "2026-12-31"],
      ["POST", "/requests", newTenant({ colour: "red" }), "colour", "known"],
      ["POST", `/requests/${id}/withdrawal`, { reason: 5 }, "reason", "text"],
    ];
    for (const [method, at, body, path, ...names] of cases) {
      const answer = await rita.call(method, at, body);
      const { code, detail, errors } = answer.body as Refusal;
      assert.deepEqual([answer.status, code, errors.map((one) => one.path)], [400, "invalid", [path]], at);
      mentions(detail, ...names);
      assert.doesNotMatch(detail, /Invalid|expected|received/);
    }
  });

  it("has a second person approve the present digest, with a log-in of at most 15 minutes", async () => {
    const sam = await service().as("sam");
    const { id } = (await sam.call("POST", "/requests", newTenant())).body as Shown;
    const digest = await service().plan(id, "creates a tenant");
    const decide = async (username: string, more = {}, age = 0): Promise<number> => {
      const client = await service().as(username, age);
      return (
        await client.call("POST", `/requests/${id}/approvals`, { decision: "approve", digest, ...more })
      ).status;
    };
    assert.equal(await decide("sam"), 403, "the requester");
    assert.equal(await decide("sam.admin"), 403, "the requester's other account");
    assert.equal(await decide("anna", {}, 16 * 60), 403, "an old log-in");
    assert.equal(await decide("anna", { digest: "sha256:other" }), 409);
    assert.equal(await decide("rita"), 403, "somebody who is no approver, and may not see it");
    const machine = await service().machine();
    const byMachine = await machine.call("POST", `/requests/${id}/approvals`, {
      decision: "approve",
      digest,
    });
    assert.ok([403, 404].includes(byMachine.status));
    assert.equal(await decide("anna", {}, 14 * 60), 201);
    const shown = await sam.request(id);
    assert.equal(shown.state, "queued");
    assert.equal(await decide("amir"), 409, "it waits for no approval any more");
  });

  it("streams a request's events, and resumes after one", async () => {
    const rita = await service().as("rita");
    const { id } = (await rita.call("POST", "/requests", newTenant())).body as Shown;
    const digest = await service().plan(id, "creates a tenant");
    const anna = await service().as("anna");
    const following = events(service(), await service().token("rita"), id);
    await anna.expect(201, "POST", `/requests/${id}/approvals`, { decision: "refuse", digest });
    const all = await following;
    assert.deepEqual(
      all.map(({ event }) => event).filter((event) => event !== "approvalGiven"),
      ["requested", "planned", "refused"],
    );
    const last = all.at(-2)?.id ?? "";
    const resumed = await events(service(), await service().token("rita"), id, last);
    assert.deepEqual(
      resumed.map((event) => event.id),
      [all.at(-1)?.id],
    );
    assert.equal(
      (
        await raw(`/requests/${id}/events`, {
          headers: { authorization: `Bearer ${await service().token("ravi")}` },
        })
      ).status,
      404,
    );
  });

  it("withdraws, pauses and audits for whom the table names", async () => {
    const rita = await service().as("rita");
    const { id } = (await rita.call("POST", "/requests", newTenant())).body as Shown;
    const withdrawn = await rita.call("POST", `/requests/${id}/withdrawal`, { reason: "Not needed" });
    assert.equal((withdrawn.body as Shown).state, "withdrawn");
    assert.equal((await rita.call("POST", `/requests/${id}/withdrawal`, { reason: "Again" })).status, 409);
    assert.equal((await rita.call("PUT", "/pause", { paused: true, reason: "x" })).status, 403);
    const ada = await service().as("ada");
    const paused = await ada.call("PUT", "/pause", {
      paused: true,
      reason: "An incident",
      stage: "production",
    });
    assert.deepEqual([paused.status, (paused.body as { paused: boolean }).paused], [200, true]);
    await ada.expect(200, "PUT", "/pause", { paused: false, reason: "Over", stage: "production" });
    assert.equal((await rita.call("GET", "/audit")).status, 403);
    const otto = await service().as("otto");
    const { holds } = (await otto.call("GET", "/audit/verification")).body as { holds: boolean };
    assert.equal(holds, true);
    const kinds = (
      (await otto.call("GET", "/audit?limit=200")).body as { items: { kind: string }[] }
    ).items.map(({ kind }) => kind);
    for (const kind of ["withdrawn", "paused", "resumed", "accessRefused", "rolesChanged"])
      assert.ok(kinds.includes(kind), kind);
    const lines = (await otto.call("GET", "/audit/export")).body as string;
    assert.ok(lines.trim().split("\n").length >= kinds.length);
    for (const path of [
      "/customers/production/nobody",
      "/customers/mars/x",
      "/requests/none",
      `/requests/${randomUUID()}`,
    ])
      assert.equal((await rita.call("GET", path)).status, 404, path);
  });

  it("logs by an allow-list, and answers health, readiness and metrics", async () => {
    const token = await service().token("rita");
    await raw("/requests?secret=canary-query", {
      headers: { authorization: `Bearer ${token}`, "x-canary": "canary-header" },
    });
    for (const path of ["/health", "/ready"]) assert.equal((await fetch(service().url + path)).status, 200);
    assert.match(
      await service().context.metrics.text(),
      /provisioning_http_answers_total\{route="GET \/api\/v1\/requests"/,
    );
    assert.match(service().log(), /"route":"GET \/api\/v1\/requests"/);
    assert.ok(!/canary|eyJ|rita/.test(service().log()));
  });
});

/** Reads the events of a request until the stream ends. */
async function events(
  service: HttpService,
  token: string,
  id: string,
  last?: string,
): Promise<{ id: string; event: string }[]> {
  const answer = await fetch(`${service.url}/api/v1/requests/${id}/events`, {
    headers: { authorization: `Bearer ${token}`, ...(last === undefined ? {} : { "last-event-id": last }) },
  });
  assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
  const text = await answer.text();
  return [...text.matchAll(/id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n/g)].map((match) => ({
    id: match[1] ?? "",
    event: match[2] ?? "",
  }));
}
