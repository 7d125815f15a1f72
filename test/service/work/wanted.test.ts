import { strict as assert } from "node:assert";

import { wantedBy } from "resistant-tenants-service/work/wanted";

import { makeSettings } from "../records/service";

const reason = "a test";
const entry = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
const application = { cell: "eu-1", purpose: "default", clientId: "first" };

function wanted(present: { askedAt: string; createdAt: string; nowRuns?: string }) {
  const askedOf = [{ ...application, createdAt: present.createdAt }];
  return wantedBy(
    { kind: "rotate", stage: "testing", reason, basedOn: "etag", customer: { name: "acme" } },
    {
      stage: "testing",
      entry,
      settings: makeSettings(),
      askedAt: new Date(present.askedAt),
      askedOf,
      recorded: [{ ...askedOf[0], clientId: present.nowRuns ?? "first" }] as typeof askedOf,
    },
  );
}

function instantOf({ entry: after }: ReturnType<typeof wanted>): string | undefined {
  const { applications = [] } = after as { applications?: { rotation: { rotateAt: string[] } }[] };
  return applications[0]?.rotation.rotateAt[0];
}

describe("what a rotation wants", () => {
  for (const [askedAt, createdAt, instant] of [
    ["2026-11-26T10:00:05.771Z", "2026-11-26T10:00:05.272Z", "2026-11-26T10:00:05.771Z"],
    // The vendor's clock is ahead of ours.
    ["2026-11-26T10:00:05.771Z", "2026-11-26T10:00:30.000Z", "2026-11-26T10:00:30.001Z"],
  ] as const)
    it(`is an instant after the running client was created: asked at ${askedAt}, created at ${createdAt}`, () => {
      const found = wanted({ askedAt, createdAt });
      assert.equal(instantOf(found), instant);
      assert.deepEqual(found.rotates, [{ slot: "acme/eu-1/default", clientId: "first" }]);
    });

  it("is nothing if another request has rotated since", () => {
    const times = { askedAt: "2026-11-26T10:00:05.771Z", createdAt: "2026-11-26T09:00:00.000Z" };
    assert.deepEqual(wanted({ ...times, nowRuns: "second" }), { entry, rotates: [], status: "active" });
  });
});
