import { strict as assert } from "node:assert";

import { readAwsAccess } from "../../stacks/src/aws-access";

const read = (values: Record<string, string>): ReturnType<typeof readAwsAccess> =>
  readAwsAccess((key) => values[key]);

describe("the way to AWS Secrets Manager", () => {
  it("is AWS's own where the stack says nothing", () => {
    assert.deepEqual(read({}), {});
  });

  it("is the AWS provider's, as the stack configures it", () => {
    const endpoints = JSON.stringify([
      { kms: "http://127.0.0.1:1" },
      { secretsmanager: "http://127.0.0.1:2" },
    ]);
    assert.deepEqual(
      read({ region: "eu-west-1", profile: "p", endpoints, accessKey: "k", secretKey: "s", token: "t" }),
      {
        region: "eu-west-1",
        profile: "p",
        endpoint: "http://127.0.0.1:2",
        credentials: { accessKeyId: "k", secretAccessKey: "s", sessionToken: "t" },
      },
    );
  });

  for (const [what, values] of Object.entries({
    "assumes a role": { assumeRoles: "[]" },
    "has half of a key": { accessKey: "k" },
    "has endpoints of another shape": { endpoints: "{}" },
  })) {
    it(`is not followed where the AWS provider ${what}`, () => {
      assert.equal(read(values), undefined);
    });
  }
});
