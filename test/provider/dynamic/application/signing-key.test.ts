import { strict as assert } from "node:assert";

import { signingKeyHandler } from "../../../../provider/src/dynamic/application/signing-key";
import type { Properties } from "../../../../provider/src/dynamic/engine/inputs";
import { newRun } from "../process";

const signingKey = signingKeyHandler(newRun().run);

const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf";
const adopt = { tenantId: "t-1", applicationId: "a-1", secretArn };
const differences = async (olds: Properties, news: Properties) =>
  (await signingKey.diff("k", { algorithm: "RS256", ...olds }, { algorithm: "RS256", ...news })).replaces;

describe("the difference of a signing key", () => {
  const cases: Array<[what: string, olds: Properties, news: Properties, replaces: string[]]> = [
    ["is none for the default length that is written out", {}, { modulusLength: 3072 }, []],
    ["is another key for another length", {}, { modulusLength: 4096 }, ["modulusLength"]],
    ["is another key for another algorithm", {}, { algorithm: "ES256" }, ["algorithm"]],
    ["is none where what was adopted is no longer named", { adopt }, {}, []],
    ["is none where its secret is elsewhere by now", { adopt }, { adopt: { ...adopt, secretArn: "x" } }, []],
    [
      "is another key for another application's",
      { adopt },
      { adopt: { ...adopt, applicationId: "a-2" } },
      ["adopt"],
    ],
    ["is another key where one is adopted for one that was made", {}, { adopt }, ["adopt"]],
  ];
  for (const [what, olds, news, replaces] of cases) {
    it(what, async () => {
      assert.deepEqual(await differences(olds, news), replaces);
    });
  }
});

describe("the check of a signing key", () => {
  const failures = async (news: Properties) =>
    (await signingKey.check({}, news)).failures.map(({ property }) => property);

  it("takes what is to be adopted", async () => {
    assert.deepEqual(await failures({ algorithm: "ES256", adopt }), []);
  });

  it("refuses a length of what is to be adopted, and what is no secret", async () => {
    assert.deepEqual(
      await failures({ algorithm: "RS256", modulusLength: 4096, adopt: { ...adopt, secretArn: "x" } }),
      ["adopt.secretArn", "modulusLength"],
    );
  });

  it("refuses a key that the vendor does not take", async () => {
    assert.deepEqual(await failures({ algorithm: "RS256", modulusLength: 2048 }), ["modulusLength"]);
  });
});
