import assert from "node:assert/strict";

import { parseRetryAfter } from "../../../provider/src/client/answer-headers";

describe("client: Retry-After", () => {
  const nowMs = Date.UTC(2030, 0, 1, 12, 0, 0);

  const readable: Record<string, { header: string; ms: number }> = {
    seconds: { header: "7", ms: 7_000 },
    "no seconds": { header: "0", ms: 0 },
    "seconds with space around them": { header: " 7 ", ms: 7_000 },
    "a date to come": { header: "Tue, 01 Jan 2030 12:00:30 GMT", ms: 30_000 },
    "a date gone by, as no wait": { header: "Tue, 01 Jan 2030 11:00:00 GMT", ms: 0 },
    "seconds with a fraction, against the standard": { header: "1.5", ms: 1_500 },
    "seconds since 1970, against the standard": { header: String(nowMs / 1000 + 30), ms: 30_000 },
    "milliseconds since 1970, against the standard": { header: String(nowMs + 30_000), ms: 30_000 },
    "a time of ISO 8601, against the standard": { header: "2030-01-01T12:00:30Z", ms: 30_000 },
    "more seconds than any time has": { header: "99999999999999", ms: 99_999_999_999_999_000 },
    "the longest of several, which a proxy has joined": { header: "7, 30", ms: 30_000 },
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

  for (const header of ["-5", "1e3", "later 2040"]) {
    it(`reads ${JSON.stringify(header)} as neither seconds nor a date`, () => {
      assert.equal(parseRetryAfter(header, nowMs), undefined);
    });
  }
});
