import { strict as assert } from "node:assert";

import type { CustomerRecord } from "pulumi-resistant-tenants";
import { askForRotations } from "resistant-tenants-service/actions/clock-requests";
import { rotationsDue } from "resistant-tenants-service/customers/rotations";

import { exhaustiveTag } from "../../suites";
import { useDatabaseServer } from "../records/service";
import { ServiceUnderTest } from "./service";
import { makeUnreadable } from "./unreadable";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const common = { stage: "testing", reason: "a test" } as const;

describe("rotation by the service's clock", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();
  let service: ServiceUnderTest;

  beforeEach(async () => {
    service = await ServiceUnderTest.start(server());
    await service.startWorker();
  });

  afterEach(() => service.close());

  const clientOf = async (name: string): Promise<string | undefined> =>
    ((await service.customer(name)).record as CustomerRecord | null)?.applications[0]?.clientId;

  /** Provisions a customer whose credentials are to be rotated in a day, for a day. */
  async function provision(name: string): Promise<string | undefined> {
    const rotateAt = [new Date(Date.now() + dayMs).toISOString()];
    await service.complete({
      kind: "createCustomer",
      ...common,
      customer: {
        name,
        customerId: "CRM-1",
        cells: ["eu-1"],
        applications: [{ cell: "eu-1", rotation: { rotateAt, overlap: "1d" } }],
      },
    });
    return clientOf(name);
  }

  /** Lets the overlap be over, and waits until nothing is due any more. */
  async function endOverlap(name: string): Promise<void> {
    assert.equal(service.vendorApplications(name), 2);
    await service.later(dayMs + hourMs);
    await service.until(
      () => service.vendorApplications(name) === 1,
      `the former client of ${name} is deleted`,
    );
    await service.until(
      async () => (await rotationsDue(service.context)).every(({ due }) => !due),
      "nothing is due any more",
    );
  }

  it(`rotates what is due by the record, and ends what was rotated ${exhaustiveTag}`, async () => {
    const first = await provision("acme");
    const { etag } = await service.customer("acme");
    assert.ok((await rotationsDue(service.context)).every(({ due }) => !due));

    await service.later(dayMs);
    await service.until(async () => (await clientOf("acme")) !== first, "acme is rotated");
    const rotated = await service.customer("acme");
    assert.notEqual(rotated.etag, etag);
    assert.ok(rotated.rotated_at);
    assert.equal(service.vendorApplications("acme"), 2);
    const [event] = await service.eventsOfKind("rotatedByClock");
    assert.deepEqual([event?.customer, event?.actor_id, event?.request_id], ["acme", null, null]);
    const { applications } = rotated.record as CustomerRecord;
    await service.tokenOf(applications[0]?.secretArn ?? "");
    await endOverlap("acme");
    assert.notEqual(await clientOf("acme"), first);
  });

  it(`is recorded by the next worker if the first is killed before it is read ${exhaustiveTag}`, async () => {
    const first = await provision("acme");
    const unreadable = await makeUnreadable(service.sandbox);
    await unreadable.hang();
    await service.later(dayMs);
    await service.until(() => unreadable.hangs(), "the state is read");
    assert.equal(await clientOf("acme"), first);
    await service.workers.at(-1)?.killAll();
    await unreadable.answer();
    await service.startWorker({ TENANTS_NOW: service.context.now().toISOString() });
    await service.until(async () => (await clientOf("acme")) !== first, "the rotation is recorded");
    assert.equal((await service.eventsOfKind("leaseTakenOver")).length, 1);
    assert.equal((await service.eventsOfKind("rotatedByClock")).length, 1);
    assert.deepEqual(await service.eventsOfKind("rotationFailed"), []);
    assert.deepEqual(await service.eventsOfKind("outsideUpdate"), []);
    assert.equal(service.vendorApplications("acme"), 2);
    assert.ok((await rotationsDue(service.context)).every(({ due }) => !due));
    const tried = await service.context.database.selectFrom("clock_rotations").selectAll().execute();
    assert.deepEqual(tried, []);
  });

  it(`becomes a request if more would change ${exhaustiveTag}`, async () => {
    const second = await provision("beta");
    // Somebody has changed more than the record knows.
    await service.outside("beta", { owner: "somebody" });
    await service.later(dayMs);
    await service.until(
      async () => (await service.eventsOfKind("rotationBeyond")).length > 0,
      "beta is more than a rotation",
    );
    assert.equal(await clientOf("beta"), second);
    assert.equal(await askForRotations(service.context), 1);
    assert.equal(await askForRotations(service.context), 0);
    const { requestId } =
      (await rotationsDue(service.context)).find(({ customer }) => customer === "beta") ?? {};
    const asked = await service.reaches(requestId ?? "", "done");
    assert.deepEqual([asked.kind, asked.requester_person], ["upgrade", null]);
    assert.notEqual(await clientOf("beta"), second);
    await endOverlap("beta");
  });
});
