import { strict as assert } from "node:assert";

import { applyStarted } from "resistant-tenants-service/actions/applied";
import { type DecisionToken, nonceOf } from "resistant-tenants-service/identity/decision-log-in";
import type { Person } from "resistant-tenants-service/person";
import { IssuerKeysError } from "resistant-tenants-service/signing/issuer-keys";

import { decideAs, stateOf, waitForApproval, type Waiting } from "./approvals";
import {
  makeIssuer,
  makeKeys,
  makeService,
  planOf,
  type TestIssuer,
  type TestService,
  useDatabaseServer,
} from "./service";

describe("the evidence of an approval", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let issuer: TestIssuer;
  let approver: Person;
  let waiting: Waiting;
  beforeEach(async () => {
    issuer = await makeIssuer();
    service = await makeService(server(), { keys: await makeKeys(issuer) });
    const requester = await service.addPerson({ person: "E1001" });
    approver = await service.addPerson({ person: "E2002", roles: ["approver"] });
    waiting = await waitForApproval(service, requester);
  });
  afterEach(() => service.close());

  async function tokenFor(
    over: Partial<{ request: string; digest: string; decision: "approve" | "refuse"; person: Person }> = {},
    claims: Record<string, unknown> = {},
  ): Promise<DecisionToken> {
    const { requestId: request, digest } = waiting;
    const bound = { request, digest, decision: "approve" as const, random: "0123456789abcdef", ...over };
    const idToken = await issuer.idToken(over.person ?? approver, nonceOf(bound), claims);
    return { kind: "idToken", idToken, random: bound.random };
  }

  it("of the page is a log-in for exactly this decision, which the worker verifies against the issuer's keys", async () => {
    await decideAs(service, approver, waiting, { token: await tokenFor() });
    assert.equal(await stateOf(service, waiting.requestId), "queued");
    const { requestId, digest } = waiting;
    assert.deepEqual(await applyStarted(service.context, requestId, digest), { isApproved: true });
  });

  it("is refused from a log-in for something else, of another person, of another issuer, for another client, or too old", async () => {
    const other = await service.addPerson({ roles: ["approver"] });
    const minutesAgo = (minutes: number): number => Math.floor(Date.now() / 1_000) - minutes * 60;
    const tokens = [
      await tokenFor({ request: "another" }),
      await tokenFor({ digest: planOf("another").digest }),
      await tokenFor({ decision: "refuse" }),
      await tokenFor({ person: other }),
      await tokenFor({}, { employee_number: "E1001" }),
      await tokenFor({}, { auth_time: minutesAgo(20) }),
      await tokenFor({}, { auth_time: "now" }),
      { ...(await tokenFor()), random: "another random value" } as DecisionToken,
      { kind: "idToken", idToken: "none", random: "r" } as const,
    ];
    const elsewhere = await makeIssuer();
    const nonce = nonceOf({
      request: waiting.requestId,
      digest: waiting.digest,
      decision: "approve",
      random: "r",
    });
    tokens.push({ kind: "idToken", idToken: await elsewhere.idToken(approver, nonce), random: "r" });
    const forOther = await issuer.idToken(approver, nonce, { aud: "other" });
    tokens.push({ kind: "idToken", idToken: forOther.slice(0, -2), random: "r" });
    for (const token of tokens)
      await assert.rejects(decideAs(service, approver, waiting, { token }), { code: "forbidden" });
    assert.equal(await stateOf(service, waiting.requestId), "waitingForApproval");
  });

  it("is neither counted nor reported as forged while the issuer does not return its keys", async () => {
    await decideAs(service, approver, waiting, { token: await tokenFor() });
    const { requestId, digest } = waiting;
    const { context } = service;
    const keys = context.approvals;
    context.approvals = { ...keys, issuerKey: () => Promise.reject(new IssuerKeysError("It is down.")) };
    await assert.rejects(applyStarted(context, requestId, digest), IssuerKeysError);
    assert.equal(await stateOf(service, requestId), "queued");
    assert.deepEqual(
      await service.database.asOwner("select kind from events where kind = 'approvalNotVerified'"),
      [],
    );
    context.approvals = keys;
    assert.deepEqual(await applyStarted(context, requestId, digest), { isApproved: true });
  });

  it("does not count without its ID token, with another one, nor under another key of the service", async () => {
    await decideAs(service, approver, waiting, { token: await tokenFor() });
    const { requestId, digest } = waiting;
    const { asOwner } = service.database;
    const isCounted = async (): Promise<boolean> => {
      const { checkApprovals } = await import("resistant-tenants-service/approval/check");
      const request = await service.context.database
        .selectFrom("requests")
        .selectAll()
        .where("id", "=", requestId)
        .executeTakeFirstOrThrow();
      return (await checkApprovals(service.context, request, { digest })).isApproved;
    };
    assert.equal(await isCounted(), true);
    const another = (await tokenFor({}, { jti: "another" })) as { idToken: string };
    await asOwner(
      "update approval_evidence set evidence = jsonb_set(evidence, '{idToken}', to_jsonb($1::text))",
      [another.idToken],
    );
    assert.equal(await isCounted(), false);
    await asOwner("update approval_evidence set evidence = evidence - 'idToken'");
    assert.equal(await isCounted(), false);
    await asOwner("delete from approval_evidence");
    assert.equal(await isCounted(), false);
    service.context.approvals = await makeKeys(issuer);
    assert.equal(await isCounted(), false);
  });

  it("is for the plan whose words were read: a changed text, or changed facts, cannot be approved", async () => {
    const { asOwner } = service.database;
    await asOwner("alter table plans disable trigger all");
    await asOwner(`update plans set lines = '["creates nothing"]'`);
    await assert.rejects(decideAs(service, approver, waiting), { code: "conflict" });
    await asOwner("update plans set lines = $1, facts = jsonb_set(facts, '{settings}', '\"other\"')", [
      JSON.stringify(planOf(waiting.requestId).lines),
    ]);
    await assert.rejects(decideAs(service, approver, waiting), { code: "conflict" });
    await asOwner("update plans set facts = $1", [JSON.stringify(planOf(waiting.requestId).facts)]);
    await decideAs(service, approver, waiting);
  });
});
