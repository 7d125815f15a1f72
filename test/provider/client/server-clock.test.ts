import { strict as assert } from "node:assert";

import { tenantSchema } from "../../../provider/src/client/schemas";
import { parseInstant, withZone } from "../../../provider/src/client/server-clock";
import { useVariables } from "../../support/environment";

/** Forms in which a server may write one instant, and what is kept of each. */
const tenOClock: Record<string, string> = {
  "2026-11-24T10:00:00Z": "2026-11-24T10:00:00Z",
  "2026-11-24T10:00:00": "2026-11-24T10:00:00Z",
  "2026-11-24 10:00:00": "2026-11-24T10:00:00Z",
  "2026-11-24 10:00": "2026-11-24T10:00Z",
  "2026-11-24t10:00z": "2026-11-24T10:00Z",
  "2026-11-24T10:00:00.000000000": "2026-11-24T10:00:00.000000000Z",
  "2026-11-24T10:00:00,000000Z": "2026-11-24T10:00:00.000000Z",
  "2026-11-24T12:00:00+02:00": "2026-11-24T12:00:00+02:00",
  "2026-11-24 12:00:00 +0200": "2026-11-24T12:00:00+02:00",
  "2026-11-24 12:00:00.000+02": "2026-11-24T12:00:00.000+02:00",
  "2026-11-24T04:30-0530": "2026-11-24T04:30-05:30",
  "2026-11-24 10:00:00 UTC": "2026-11-24T10:00:00Z",
  "2026-11-24 10:00:00 +0000 UTC": "2026-11-24T10:00:00+00:00",
  "2026-11-24T10:00:00Z[UTC]": "2026-11-24T10:00:00Z",
  "2026-11-24T11:00:00+01:00[Europe/Prague]": "2026-11-24T11:00:00+01:00",
  "Tue, 24 Nov 2026 10:00:00 GMT": "2026-11-24T10:00:00.000Z",
  "Tue, 24 Nov 2026 11:00:00 +0100": "2026-11-24T10:00:00.000Z",
  "1795514400": "2026-11-24T10:00:00.000Z",
  "1795514400.25": "2026-11-24T10:00:00.000Z",
  "1795514400000": "2026-11-24T10:00:00.000Z",
};
const tenOClockMs = Date.UTC(2026, 10, 24, 10);

for (const zone of ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"]) {
  describe(`client: the API's dates and times, on a machine in the zone ${zone}`, () => {
    useVariables(() => ({ TZ: zone }));

    for (const [written, kept] of Object.entries(tenOClock)) {
      it(`are read, and kept with their zone: ${written}`, () => {
        assert.equal(parseInstant(written), tenOClockMs);
        assert.equal(withZone(written), kept);
        assert.equal(Date.parse(kept), tenOClockMs);
      });
    }

    for (const written of [
      "2026-11-24",
      "24.11.2026 10:00",
      "Tue Nov 24 2026 10:00:00",
      "2026-11-24T25:00:00",
      "2026-11-24T10:00:00[Europe/Prague]",
      "Tue, 24 Nov 2026 10:00:00",
      "Tue, 44 Nov 2026 10:00:00 GMT",
      "2026-11-24T10:00:00 CET",
      "2026-11-24T10:00:00+99:00",
      "17955144",
      "",
      "yesterday",
    ]) {
      it(`are not guessed: ${JSON.stringify(written)}`, () => {
        assert.equal(parseInstant(written), undefined);
      });
    }
  });
}

describe("client: a tenant whose times are numbers", () => {
  const tenant = { id: "t-1", name: "acme", cells: ["eu-1"], updated: "2030-01-01T00:00:00Z" };

  it("is read, in seconds and in milliseconds", () => {
    for (const created of [1_795_514_400, 1_795_514_400_000])
      assert.equal(tenantSchema.parse({ ...tenant, created }).createdAt, "2026-11-24T10:00:00.000Z");
  });

  it("is refused if a time is neither a text nor a number", () => {
    assert.equal(tenantSchema.safeParse({ ...tenant, created: null }).success, false);
  });
});
