import { strict as assert } from "node:assert";

import { askedWaitMs } from "../../../provider/src/client/answer-headers";
import { Deadline } from "../../../provider/src/client/deadline";
import { OrganizationTokens } from "../../../provider/src/client/organization-token";
import { Pacer } from "../../../provider/src/client/pacer";
import { failureOf } from "../../support/failure";
import { SimulatedClock } from "../../support/limited-server";
import { mentions } from "../../support/mentions";
import { recordedRetries } from "../../support/retry-policy";
import {
  json,
  scriptedTransport,
  type Step,
  tokenAnswer,
  tokenUrl,
  withAnswers,
} from "../../support/scripted-api";

describe("client: how long a server asked to wait", () => {
  const nowMs = Date.UTC(2030, 0, 1);
  const at = (aheadMs: number): string => new Date(nowMs + aheadMs).toUTCString();
  const epochS = (aheadS: number): string => String(nowMs / 1000 + aheadS);
  const asked = (headers: Record<string, string>, status = 429) => askedWaitMs({ status, headers }, nowMs);

  it("is read from Okta's X-Rate-Limit-Reset", () => {
    assert.equal(asked({ "x-rate-limit-reset": epochS(58), date: at(0) }), 58_000);
  });

  it("is read by the server's clock, even if this machine's is wrong", () => {
    for (const aheadS of [3_600, -3_600]) {
      const headers = { "x-rate-limit-reset": epochS(aheadS + 58), date: at(aheadS * 1000) };
      assert.equal(asked(headers), 58_000);
    }
  });

  it("is read by this machine's clock if the server sends no time", () => {
    assert.equal(asked({ "x-rate-limit-reset": epochS(58) }), 58_000);
  });

  it("is nothing if the limit was renewed meanwhile", () => {
    assert.equal(asked({ "x-rate-limit-reset": epochS(-5), date: at(0) }), 0);
  });

  it("may be in milliseconds, or relative to now", () => {
    assert.equal(asked({ "x-ratelimit-reset": String(nowMs + 7_000) }), 7_000);
    assert.equal(asked({ "ratelimit-reset": "7" }), 7_000);
  });

  it("may be a date", () => {
    const fromNow = new Date(nowMs + 58_000);
    for (const reset of [fromNow.toUTCString(), fromNow.toISOString()])
      assert.equal(asked({ "x-rate-limit-reset": reset, date: at(0) }), 58_000);
  });

  it("is read from Retry-After first", () => {
    assert.equal(asked({ "retry-after": "3", "x-rate-limit-reset": epochS(58) }), 3_000);
  });

  it("is not read from headers that every answer of Okta has", () => {
    assert.equal(asked({ "x-rate-limit-reset": epochS(58) }, 503), undefined);
  });

  it("is read from the reset if Retry-After is missing or zero", () => {
    for (const retryAfter of ["", "soon", "0", at(-60_000), "-3", "9".repeat(400)])
      assert.equal(asked({ "retry-after": retryAfter, "x-rate-limit-reset": epochS(58) }), 58_000);
  });

  it("is that of the last of several limits, in any form of a number", () => {
    assert.equal(asked({ "x-rate-limit-reset": `${epochS(58)}, ${epochS(7)}` }), 58_000);
    assert.equal(asked({ "x-ratelimit-reset": "7.5" }), 7_500);
  });

  it("is read from the IETF's headers, of any draft, in seconds", () => {
    assert.equal(asked({ "ratelimit-limit": "100", "ratelimit-reset": "58" }), 58_000);
    assert.equal(asked({ ratelimit: "limit=100, remaining=0, reset=58" }), 58_000);
    assert.equal(asked({ ratelimit: '"burst";r=0;t=7, "daily";r=0;t=58' }), 58_000);
    assert.equal(asked({ ratelimit: '"start=5";r=0' }), undefined);
  });

  it("may be a time far ahead: the wait is bounded elsewhere", () => {
    assert.equal(asked({ "x-rate-limit-reset": epochS(86_400 * 365) }), 86_400_000 * 365);
  });

  for (const nonsense of [
    "",
    "soon",
    "-58",
    "1e9",
    "9".repeat(400),
    "1795514400000000",
    "0x10",
    "NaN",
    ",",
  ]) {
    it(`is not read from "${nonsense.slice(0, 20)}"`, () => {
      assert.equal(asked({ "x-rate-limit-reset": nonsense }), undefined);
    });
  }
});

describe("client: an authorization server whose rate limit is used up", () => {
  const serverMs = Date.UTC(2030, 0, 1);
  const refusal = (aheadS: number): Step => ({
    status: 429,
    headers: {
      date: new Date(serverMs).toUTCString(),
      "x-rate-limit-limit": "300",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": String(serverMs / 1000 + aheadS),
    },
  });

  function ask(steps: readonly Step[]): { waits: number[]; said: string[]; tokens: OrganizationTokens } {
    const said: string[] = [];
    const { policy, waits } = recordedRetries({ notify: (message) => said.push(message) });
    const sign = (): Promise<string> => Promise.resolve("an.assertion.signed");
    const client = { tokenUrl, clientId: "organization-client", sign };
    const tokens = new OrganizationTokens(client, scriptedTransport(steps).transport, policy);
    return { waits, said, tokens };
  }

  it("is waited for, and the user sees a message", async () => {
    const { waits, said, tokens } = ask([refusal(58), tokenAnswer("good")]);
    assert.equal(await tokens.get(), "good");
    assert.deepEqual(waits, [58_000]);
    assert.equal(said.length, 1);
    mentions(said[0], "58 s");
  });

  it("is waited for a minute at most before each attempt", async () => {
    const { waits, said, tokens } = ask([refusal(600), tokenAnswer("good")]);
    await tokens.get();
    assert.deepEqual(waits, [60_000]);
    assert.equal(said.length, 1);
    mentions(said[0], "600 s", "60 s");
  });

  it("is reported with the requested wait if every attempt is refused", async () => {
    const { tokens } = ask(Array.from({ length: 8 }, () => refusal(600)));
    const { code, status, message } = await failureOf(tokens.get());
    assert.deepEqual([code, status], ["TOKEN_REFUSED", 429]);
    assert.ok(message.includes("600 s"), message);
  });

  it("is also waited for when an adopted application's secret is tested", async () => {
    const application = {
      applicationId: "a-1",
      clientId: "c1",
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authServer: "https://eu.id.resistant.ai/oauth2/aus1",
      tokenUrl: "https://eu.id.resistant.ai/oauth2/aus1/v1/token",
    };
    const waits = await withAnswers([refusal(58), tokenAnswer("good")], async (scripted) => {
      await scripted.api.proveCredentials("t-1", application, { type: "CLIENT_SECRET", clientSecret: "s3" });
      return scripted.waits;
    });
    assert.deepEqual(waits, [58_000]);
  });
});

describe("client: an API whose rate limit is used up", () => {
  it("is waited for, and the user sees one message", async () => {
    const clock = new SimulatedClock();
    const said: string[] = [];
    const pacer = new Pacer(clock, 16, (message) => said.push(message));
    const refusedUntilMs = 40_000;
    const exchange = () =>
      Promise.resolve(
        clock.nowMs() < refusedUntilMs
          ? {
              status: 429,
              headers: { "x-rate-limit-reset": String((refusedUntilMs - clock.nowMs()) / 1000) },
              body: "",
            }
          : json({}),
      );
    const deadline = new Deadline(60_000);
    const answers = await clock.run(
      Promise.all(Array.from({ length: 5 }, () => pacer.send(exchange, deadline))),
    );
    deadline.end();
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(said.length, 1);
    mentions(said[0], "40 s");
  });
});
