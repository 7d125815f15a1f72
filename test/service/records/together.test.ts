import { strict as assert } from "node:assert";

import { applyStarted } from "resistant-tenants-service/actions/applied";
import { planMade } from "resistant-tenants-service/actions/planned";
import {
  type Bound,
  canonicalList,
  type DecisionToken,
  nonceOf,
  nonceOfSeveral,
} from "resistant-tenants-service/identity/decision-log-in";
import type { Person } from "resistant-tenants-service/person";

import { decideAs, stateOf, waitForApproval, type Waiting } from "./approvals";
import {
  makeIssuer,
  makeKeys,
  makeService,
  newCustomer,
  planOf,
  type TestIssuer,
  type TestService,
  useDatabaseServer,
} from "./service";

const random = "0123456789abcdef";

describe("one log-in for several approvals", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let issuer: TestIssuer;
  let approver: Person;
  let requester: Person;
  let all: Waiting[];
  beforeEach(async () => {
    issuer = await makeIssuer();
    service = await makeService(server(), { keys: await makeKeys(issuer) });
    requester = await service.addPerson({ person: "E1001" });
    approver = await service.addPerson({ person: "E2002", roles: ["approver"] });
    all = [];
    for (let count = 0; count < 3; count++) all.push(await waitForApproval(service, requester));
  });
  afterEach(() => service.close());

  const boundOf = ({ requestId: request, digest }: Waiting): Bound => ({
    request,
    digest,
    decision: "approve",
  });

  /** A log-in for some, with what is said to be its list. */
  async function tokenFor(
    some: readonly Waiting[],
    together: readonly Bound[] = canonicalList(some.map(boundOf)),
    nonce = nonceOfSeveral(some.map(boundOf), random),
  ): Promise<DecisionToken> {
    return { kind: "idToken", idToken: await issuer.idToken(approver, nonce), random, together };
  }

  it("is evidence for each of them separately, which the worker verifies itself", async () => {
    const token = await tokenFor(all);
    for (const one of all) await decideAs(service, approver, one, { token });
    const [first, second, third] = all as [Waiting, Waiting, Waiting];
    await service.database.asOwner(
      "delete from approval_evidence where approval_id in (select id from approvals where request_id <> $1)",
      [second.requestId],
    );
    const { context } = service;
    assert.deepEqual(await applyStarted(context, second.requestId, second.digest), { isApproved: true });
    for (const other of [first, third])
      assert.equal((await applyStarted(context, other.requestId, other.digest)).isApproved, false);
    const events = await service.database.asOwner<{ text: string }>(
      "select text from events where kind = 'approvalGiven' and request_id = $1",
      [second.requestId],
    );
    const { data } = JSON.parse(events[0]?.text ?? "{}") as { data: { together: string[] } };
    assert.deepEqual(data.together, all.map(({ requestId }) => requestId).sort());
  });

  it("is no evidence for a request, a plan or a decision outside the list, nor for another list", async () => {
    const [first, second, third] = all as [Waiting, Waiting, Waiting];
    const list = canonicalList(all.map(boundOf));
    const pair = [first, second];
    const tokens: [Waiting, DecisionToken, "approve" | "refuse"][] = [
      [third, await tokenFor(pair), "approve"],
      [third, await tokenFor(pair, list), "approve"],
      [first, await tokenFor(pair), "refuse"],
      [first, await tokenFor(all, [...list].reverse()), "approve"],
      [first, await tokenFor(all, canonicalList([...list, boundOf(first)])), "approve"],
      [first, await tokenFor(all, list, nonceOf({ ...boundOf(first), random })), "approve"],
      [
        first,
        await tokenFor(
          all,
          list.map((one) => ({ ...one, digest: planOf("another").digest })),
        ),
        "approve",
      ],
      // The list was left out: it is then said to be for this one alone.
      [first, { ...(await tokenFor(all)), together: undefined } as unknown as DecisionToken, "approve"],
    ];
    for (const [waiting, token, decision] of tokens)
      await assert.rejects(decideAs(service, approver, waiting, { token, decision }), { code: "forbidden" });
  });

  it("does not count if someone with the database changes the list", async () => {
    const token = await tokenFor(all);
    const [first, second] = all as [Waiting, Waiting];
    for (const one of [first, second]) await decideAs(service, approver, one, { token });
    await service.database.asOwner(
      "update approval_evidence set evidence = jsonb_set(evidence, '{together,0,request}', '\"another\"')",
    );
    for (const { requestId, digest } of [first, second])
      assert.equal((await applyStarted(service.context, requestId, digest)).isApproved, false);
  });

  it("skips requests that have another plan by now, and approves no plan that deletes something", async () => {
    const token = await tokenFor(all);
    const [first, second] = all as [Waiting, Waiting];
    await service.database.asOwner("update requests set state = 'previewing' where id = $1", [
      first.requestId,
    ]);
    await planMade(service.context, first.requestId, planOf("another"));
    await assert.rejects(decideAs(service, approver, first, { token }), { code: "digest" });
    await decideAs(service, approver, second, { token });
    assert.equal(await stateOf(service, second.requestId), "queued");

    const alone = await service.submit(requester, newCustomer("gone"));
    const plan = planOf("gone", ["delete"]);
    await planMade(service.context, alone, plan);
    const waiting = { requestId: alone, digest: plan.digest };
    const pair = [waiting, first];
    await assert.rejects(decideAs(service, approver, waiting, { token: await tokenFor(pair) }), {
      code: "conflict",
    });
  });
});
