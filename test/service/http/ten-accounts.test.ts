import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { applyFailed, applyStarted } from "resistant-tenants-service/actions/applied";
import { stringify } from "yaml";

import { type Answer, ApiClient } from "../../../sandbox/service/client";
import {
  type IdentityProvider,
  newIdentityState,
  startIdentityProvider,
} from "../../../sandbox/service/identity";
import { readPeople } from "../../../sandbox/service/people";
import { PlainBrowser } from "./browser";
import { machineToken, newTenant, useHttpService } from "./harness";

const everyRole = ["requester", "approver", "administrator", "auditor"];

/** One person's accounts, however the employee number is written, and accounts that are nobody's. */
const accounts = [
  { username: "m1", roles: ["requester", "approver"], employeeNumber: "E-2001" },
  { username: "m2", roles: ["approver"], employeeNumber: "E-2001" },
  { username: "m3", roles: ["approver"], employeeNumber: "e-2001" },
  { username: "m4", roles: ["approver"], employeeNumber: "  E-2001 " },
  { username: "m5", roles: ["approver"], employeeNumber: "\uff25-2001" },
  { username: "m6", roles: everyRole, employeeNumber: "E-2001" },
  { username: "m7", roles: ["administrator", "approver"], employeeNumber: "E-\u200b2001" },
  { username: "m8", roles: everyRole, employeeNumber: null },
  { username: "m9", roles: everyRole, employeeNumber: "  " },
];
const requesters = ["m1", "m6", "m8"];
const names = accounts.map(({ username }) => username);

describe("ten accounts of one person", function () {
  this.timeout(300_000);

  let folder: string;
  let elsewhere: IdentityProvider;
  const service = useHttpService(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-people-"));
    const file = path.join(folder, "people.yaml");
    await writeFile(file, stringify(accounts));
    return file;
  });

  before(async () => {
    // The tenth is one of another issuer, where its person is somebody else.
    elsewhere = await startIdentityProvider({
      accounts: await readPeople(),
      state: await newIdentityState(),
      port: 0,
      audience: service().identity.machine.resource,
      redirectUri: `${service().url}/callback`,
    });
  });
  after(async () => {
    await elsewhere.close();
    await rm(folder, { recursive: true, force: true });
  });

  const post = (client: ApiClient, at: string, body: unknown, key?: string): Promise<Answer> =>
    client.call("POST", at, body, key);

  async function tokenElsewhere(username: string): Promise<string> {
    const form = new URLSearchParams({ username, password: username });
    const answer = await fetch(elsewhere.peopleTokenUrl, { method: "POST", body: form });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** Submits a request, and has its plan made. */
  async function waiting(client: ApiClient): Promise<{ id: string; digest: string }> {
    const { id } = await client.submit(newTenant());
    return { id, digest: await service().plan(id, `plan of ${id}`) };
  }

  async function stateOf(id: string): Promise<{ state: string; approvals: unknown[] }> {
    const shown = await (await service().as("otto")).request(id);
    return shown as unknown as { state: string; approvals: unknown[] };
  }

  it("approve none of their own requests by the API, with any requester and approver", async () => {
    for (const requester of requesters) {
      const { id, digest } = await waiting(await service().as(requester));
      for (const username of names) {
        const client = await service().as(username);
        for (const body of [
          { decision: "approve", digest },
          { decision: "approve", digest, comment: "I am another person" },
        ]) {
          const answer = await post(client, `/requests/${id}/approvals`, body);
          // A machine's request is anybody's to approve who is a person: m1 to m7 are one.
          const isMachine = ["m8", "m9"].includes(username);
          if (requester === "m8" && !isMachine) continue;
          assert.ok([403, 404].includes(answer.status), `${username} of ${requester}: ${answer.status}`);
        }
      }
      if (requester === "m8") continue;
      const { state, approvals } = await stateOf(id);
      assert.deepEqual([state, approvals], ["waitingForApproval", []], requester);
      const anna = await service().as("anna");
      assert.equal(
        (await post(anna, `/requests/${id}/approvals`, { decision: "approve", digest })).status,
        201,
      );
      assert.equal((await stateOf(id)).state, "queued");
    }
  });

  it("approve none by a forged body, path, header or key", async () => {
    const mallory = await service().as("m1");
    const { id, digest } = await waiting(mallory);
    const { id: ofAnother, digest: itsDigest } = await waiting(await service().as("rita"));
    const approve = { decision: "approve", digest };
    const answers: Answer[] = [];
    for (const username of ["m1", "m2", "m6"]) {
      const client = await service().as(username);
      for (const more of [
        { approver: "anna" },
        { approverId: randomUUID(), person: "E-1003" },
        { requestId: ofAnother },
        { digest: itsDigest },
        { decision: "APPROVE" },
      ])
        answers.push(await post(client, `/requests/${id}/approvals`, { ...approve, ...more }));
      for (const at of [
        `/requests/${id}/approvals/`,
        `/requests/${id.toUpperCase()}/approvals`,
        `//requests/${id}/approvals`,
        `/requests/${id}/approvals?as=anna`,
        `/requests/${ofAnother}/../${id}/approvals`,
        `/requests/${id}%2fapprovals`,
      ])
        answers.push(await post(client, at, approve));
    }
    // What anna decided of another request, repeated by its key.
    const key = randomUUID();
    const anna = await service().as("anna");
    assert.equal(
      (await post(anna, `/requests/${ofAnother}/approvals`, { ...approve, digest: itsDigest }, key)).status,
      201,
    );
    answers.push(await post(mallory, `/requests/${id}/approvals`, approve, key));
    answers.push(
      await post(mallory, `/requests/${ofAnother}/approvals`, { ...approve, digest: itsDigest }, key),
    );
    const token = await service().token("m2");
    for (const headers of [
      { "x-forwarded-user": "anna", "x-user": "anna" },
      { "x-http-method-override": "PATCH", "x-original-url": `/requests/${ofAnother}` },
    ] as Record<string, string>[]) {
      const answer = await fetch(`${service().url}/api/v1/requests/${id}/approvals`, {
        method: "POST",
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "idempotency-key": randomUUID(),
        },
        body: JSON.stringify(approve),
      });
      answers.push({ status: answer.status, headers: answer.headers, body: await answer.text() });
    }
    for (const { status, body } of answers)
      assert.ok(status >= 400 && status < 500, `${status} ${JSON.stringify(body)}`);
    assert.deepEqual(await stateOf(id).then(({ state, approvals }) => [state, approvals]), [
      "waitingForApproval",
      [],
    ]);
  });

  it("approve none with a machine's token, another issuer's, an ID token, one for another API, or an old log-in", async () => {
    const { id, digest } = await waiting(await service().as("m1"));
    const { url, identity } = service();
    const tokens = [
      await machineToken(identity),
      await tokenElsewhere("anna"),
      await tokenElsewhere("eve"),
      await service().token("anna", 16 * 60),
      await service().token("anna", -20 * 60),
    ];
    for (const token of tokens) {
      const answer = await post(new ApiClient(url, token), `/requests/${id}/approvals`, {
        decision: "approve",
        digest,
      });
      assert.ok([401, 403, 404].includes(answer.status), String(answer.status));
    }
    // On the page, the log-in of another account is the same person's, and a machine's is nobody's.
    for (const username of ["m2", "m5", "m6", "m9"]) {
      const browser = new PlainBrowser();
      const logIn = { username, password: username };
      await browser.go((await browser.go(`${url}/login`)).url.href, logIn);
      const asked = await browser.go(`${url}/requests/${id}/decision`, { decision: "approve", digest });
      const decided = await browser.go(asked.url.href, logIn);
      assert.ok([403, 404].includes(decided.status), `${username}: ${decided.status}`);
    }
    assert.deepEqual((await stateOf(id)).approvals, []);
  });

  it("cannot use break-glass for their own request, retry one past its approval, or review their own use of break-glass", async () => {
    const { id, digest } = await waiting(await service().as("m1"));
    for (const username of names) {
      const client = await service().as(username);
      const broken = await post(client, `/requests/${id}/break-glass`, { reason: "It is urgent" });
      assert.ok([403, 404].includes(broken.status), `${username}: ${broken.status}`);
    }
    const ada = await service().as("ada");
    const broken = await post(ada, `/requests/${id}/break-glass`, { reason: "It is urgent" });
    assert.equal(broken.status, 201, JSON.stringify(broken.body));
    for (const username of names) {
      const client = await service().as(username);
      const review = await post(client, `/requests/${id}/break-glass/review`, { reason: "I found nothing" });
      assert.ok([403, 404].includes(review.status), `${username}: ${review.status}`);
    }
    assert.deepEqual(await applyStarted(service().context, id, digest), { isApproved: true });
    await applyFailed(service().context, id, { code: "engineFailed", detail: "It failed." });
    const eve = await service().as("eve");
    assert.equal((await post(eve, `/requests/${id}/break-glass/review`, { reason: "Seen." })).status, 201);
    // An administrator who asked may have it tried again: what was used is used, and it waits anew.
    await post(await service().as("m6"), `/requests/${id}/retry`, { reason: "Again" });
    await service().plan(id, `plan of ${id}`);
    assert.equal((await stateOf(id)).state, "waitingForApproval");
    for (const username of names) {
      const client = await service().as(username);
      const answer = await post(client, `/requests/${id}/approvals`, { decision: "approve", digest });
      assert.ok([403, 404, 409].includes(answer.status), `${username}: ${answer.status}`);
    }
    assert.equal((await stateOf(id)).state, "waitingForApproval");
  });

  it("leave each attempt on record", async () => {
    const otto = await service().as("otto");
    const { items } = (await otto.call("GET", "/audit?kind=accessRefused&limit=200")).body as {
      items: { kind: string; actor?: { id: string } }[];
    };
    assert.ok(items.every(({ kind }) => kind === "accessRefused"));
    // Of the tokens of another issuer, nobody is known.
    const actors = items.flatMap(({ actor }) => actor?.id ?? []);
    assert.ok(actors.length > 50 && actors.length < items.length);
    assert.ok(new Set(actors).size >= names.length);
  });
});
