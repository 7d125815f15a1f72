import { strict as assert } from "node:assert";

import { wantedBy } from "resistant-tenants-service/work/wanted";

import { makeSettings } from "../service/records/service";

describe("a requested rotation", () => {
  for (const [form, rotation] of [
    ["a map", { every: "90d", overlap: "1d" }],
    ["JSON in a text, as the engine passes it", '{"every":"90d","overlap":"1d"}'],
  ] as const)
    it(`leaves the stage's own rotation as it is, if that is ${form}`, () => {
      const { stages, work } = makeSettings();
      Object.assign(stages.testing?.configuration ?? {}, { "tenants:rotation": rotation });
      const askedAt = new Date("2026-11-26T10:00:00.000Z");
      const { entry } = wantedBy(
        { kind: "rotate", stage: "testing", reason: "a test", basedOn: "etag", customer: { name: "acme" } },
        {
          stage: "testing",
          entry: { name: "acme", customerId: "CRM-1", cells: ["eu-1"] },
          settings: { stages, work },
          askedAt,
        },
      );
      const { applications } = entry as { applications: { rotation: unknown }[] };
      assert.deepEqual(applications[0]?.rotation, {
        every: "90d",
        overlap: "1d",
        rotateAt: [askedAt.toISOString()],
      });
    });
});
