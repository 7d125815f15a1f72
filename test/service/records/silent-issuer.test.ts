import { strict as assert } from "node:assert";

import { applyStarted } from "resistant-tenants-service/actions/applied";
import { nonceOf } from "resistant-tenants-service/identity/decision-log-in";
import { IssuerKeysError } from "resistant-tenants-service/signing/issuer-keys";
import { applyJob } from "resistant-tenants-service/work/apply-job";
import type { Work } from "resistant-tenants-service/work/work";

import { decideAs, eventsOf, stateOf, waitForApproval, type Waiting } from "./approvals";
import { makeIssuer, makeKeys, makeService, type TestService, useDatabaseServer } from "./service";

describe("an apply while the issuer does not return its keys", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let waiting: Waiting;
  /** When the queue was told to deliver the apply again, in seconds. */
  let postponed: Array<{ id: string; seconds: number }>;
  beforeEach(async () => {
    const issuer = await makeIssuer();
    service = await makeService(server(), { keys: await makeKeys(issuer) });
    const requester = await service.addPerson({ person: "E1001" });
    const approver = await service.addPerson({ person: "E2002", roles: ["approver"] });
    waiting = await waitForApproval(service, requester);
    const { requestId: request, digest } = waiting;
    const bound = { request, digest, decision: "approve" as const, random: "0123456789abcdef" };
    const idToken = await issuer.idToken(approver, nonceOf(bound));
    await decideAs(service, approver, waiting, { token: { kind: "idToken", idToken, random: bound.random } });
    // A worker began the apply, and was killed.
    assert.deepEqual(await applyStarted(service.context, request, digest), { isApproved: true });
    postponed = [];
  });
  afterEach(() => service.close());

  function makeWork(): Work {
    return {
      context: service.context,
      queue: {
        postpone: (_writing: unknown, _name: string, id: string, _key: string, seconds: number) => {
          postponed.push({ id, seconds });
          return Promise.resolve();
        },
      } as unknown as Work["queue"],
      engines: {
        with: () => Promise.reject(new Error("No engine must be started.")),
      } as unknown as Work["engines"],
      holder: "worker-of-the-test",
      environment: {},
      stopping: new AbortController().signal,
      onProblem: (what) => assert.fail(what),
    };
  }

  it("waits, reports that, and starts nothing; it continues once the issuer answers", async () => {
    const { context } = service;
    const keys = context.approvals;
    context.approvals = { ...keys, issuerKey: () => Promise.reject(new IssuerKeysError("It is down.")) };
    const { requestId } = waiting;
    assert.equal(await applyJob(makeWork(), requestId), "done");
    assert.deepEqual(postponed, [{ id: requestId, seconds: 30 }]);
    assert.equal(await stateOf(service, requestId), "applying");
    assert.deepEqual(await eventsOf(service, "approvalNotVerified"), []);
    const progress = (await eventsOf(service, "progress")).map(({ phase }) => phase);
    assert.deepEqual(progress, ["waitingForIssuer"]);

    // It is checked again, and goes on to its entries, of which the plan of the tests contains none.
    context.approvals = keys;
    assert.equal(await applyJob(makeWork(), requestId), "blocks");
    assert.equal(postponed.length, 1);
    const [failed] = await eventsOf(service, "applyFailed");
    assert.match(JSON.stringify(failed), /"notApproved"/);
    assert.match(JSON.stringify(failed), /\bcustomer \w+/);
  });
});
