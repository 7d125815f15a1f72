import { strict as assert } from "node:assert";

import type { Person } from "resistant-tenants-service/person";
import { expireRequests } from "resistant-tenants-service/work/expire";
import { Lease } from "resistant-tenants-service/work/lease";
import { endPredecessor } from "resistant-tenants-service/work/recover";
import { isGone, type Work } from "resistant-tenants-service/work/work";

import { eventsOf, stateOf, waitForApproval } from "./approvals";
import { makeService, type TestService, useDatabaseServer } from "./service";

const dayMs = 24 * 3_600_000;
const elsewhere = { host: "another-host", leader: 4711, started: "another-boot/17" };
const holder = "another-host/4711/another-boot/17";

describe("abandoned work", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let requester: Person;
  beforeEach(async () => {
    service = await makeService(server());
    requester = await service.addPerson({});
  });
  afterEach(() => service.close());

  it("is a request that expires after its time, once, in every waiting state", async () => {
    const { requestId } = await waitForApproval(service, requester);
    const work = { context: service.context } as Work;
    await expireRequests(work);
    assert.equal(await stateOf(service, requestId), "waitingForApproval");
    service.later(service.context.settings.requests.validForDays * dayMs + 1);
    await expireRequests(work);
    await expireRequests(work);
    assert.equal(await stateOf(service, requestId), "expired");
    assert.equal((await eventsOf(service, "expired")).length, 1);
  });

  it("is the lease of a worker on another host: it is taken over once it is over, and its provider is waited for", async () => {
    const { context } = service;
    const first = await Lease.take(context, "testing-acme", holder);
    assert.ok(first);
    await first.note(elsewhere);
    // Whether it lives cannot be seen from here: it is waited for.
    assert.equal(await isGone(holder), false);
    assert.equal(await Lease.take(context, "testing-acme", "here/1/boot/1", isGone), undefined);
    await service.database.asOwner("update leases set expires_at = now() - interval '1 second'");
    const second = await Lease.take(context, "testing-acme", "here/1/boot/1", isGone);
    assert.deepEqual(second?.predecessor?.session, elsewhere);
    await assert.rejects(first.note(elsewhere), { name: "LeaseLostError" });
    const { predecessor } = second;
    assert.ok(predecessor);

    const given = new AbortController();
    const waiting = endPredecessor(predecessor, given.signal);
    given.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    const longAgo = new Date(Date.now() - 3_600_000);
    await endPredecessor({ ...predecessor, expiredAt: longAgo }, new AbortController().signal);
    await second.release();
    await first.release();
    assert.equal((await Lease.take(context, "testing-acme", holder))?.predecessor, undefined);
  });
});
