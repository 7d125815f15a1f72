import assert from "node:assert/strict";

import { parseRetryAfter } from "../../../provider/src/client/retry";

describe("client: Retry-After", () => {
  const nowMs = Date.UTC(2030, 0, 1, 12, 0, 0);

  const readable: Record<string, { header: string; ms: number }> = {
    seconds: { header: "7", ms: 7_000 },
    "no seconds": { header: "0", ms: 0 },
    "seconds with space around them": { header: " 7 ", ms: 7_000 },
    "a date to come": { header: "Tue, 01 Jan 2030 12:00:30 GMT", ms: 30_000 },
    "a date gone by, as no wait": { header: "Tue, 01 Jan 2030 11:00:00 GMT", ms: 0 },
  };
  for (const [what, { header, ms }] of Object.entries(readable)) {
    it(`reads ${what}`, () => {
      assert.equal(parseRetryAfter(header, nowMs), ms);
    });
  }

  for (const header of [undefined, "", "soon", "Infinity", "NaN", "ten seconds"]) {
    it(`ignores ${JSON.stringify(header)}`, () => {
      assert.equal(parseRetryAfter(header, nowMs), undefined);
    });
  }

  for (const header of ["-5", "1.5", "1e3", "later 2040"]) {
    it(`reads ${JSON.stringify(header)} as neither seconds nor a date`, () => {
      assert.equal(parseRetryAfter(header, nowMs), undefined);
    });
  }
});
