import { strict as assert } from "node:assert";

import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { awsHere, region, useAwsEnvironment } from "../../support/aws-environment";
import { failureOf } from "../../support/failure";
import { useServer } from "../../support/http-server";

const arn = `arn:aws:secretsmanager:${region}:123456789012:secret:acme-AbCdEf`;

const calls: Record<string, (secrets: SecretsManager) => Promise<unknown>> = {
  "is no secret of a name": (secrets) => secrets.describe({ name: "acme", tags: {} }),
  "is no changed secret": (secrets) => secrets.statusOf(arn),
  "is no empty list": (secrets) => secrets.list("acme/"),
  "is no deletion": (secrets) => secrets.deleteEmpty(arn),
  "is no restoration": (secrets) => secrets.restore(arn),
};

describe("a success that is not Secrets Manager's", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  for (const status of [200, 204])
    for (const [what, call] of Object.entries(calls))
      it(`${what}: ${status}, without a body`, async () => {
        server.answerWith((_request, response) => response.writeHead(status).end());
        const secrets = new SecretsManager(awsHere());
        try {
          assert.equal((await failureOf(call(secrets))).code, "NOT_THE_API");
        } finally {
          secrets.close();
        }
      });

  it("is an error: 200, with a page", async () => {
    server.answerWith((_request, response) => response.end("<html>Log in</html>"));
    const secrets = new SecretsManager(
      awsHere({ patience: { attempts: 1, connectionTimeoutMs: 500, answerTimeoutMs: 500 } }),
    );
    try {
      for (const call of Object.values(calls)) await assert.rejects(call(secrets));
    } finally {
      secrets.close();
    }
  });
});
