import { strict as assert } from "node:assert";

import { runProcess } from "../../../sandbox/process";
import { repositoryRoot } from "../../engine/engine";
import { closedPort, useServer } from "../../support/http-server";

/** Asks STS who this is, with the credentials of the machine. */
const program = `
  const { readReach } = require("./provider/src/settings/reach");
  const { STSClient } = require("@aws-sdk/client-sts");
  const sts = readReach(process.env).aws.open(STSClient, "sts");
  sts.config.credentials().then(({ accessKeyId }) => console.log(accessKeyId), (error) => console.log(error.message));
`;

describe("the credentials of the machine", () => {
  const metadata = useServer();

  it("are taken from the metadata service without a proxy, under Node's own switch too", async () => {
    metadata.answerWith((request, response) => {
      const Expiration = "2099-01-01T00:00:00Z";
      if (request.method === "PUT") response.end("a-token");
      else if (request.url?.endsWith("/security-credentials/") === true) response.end("the-role");
      else
        response.end(
          JSON.stringify({ AccessKeyId: "OFMACHINE", SecretAccessKey: "s", Token: "t", Expiration }),
        );
    });
    const proxy = `http://127.0.0.1:${await closedPort()}`;
    const { stdout, stderr } = await runProcess(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", "-e", program],
      {
        cwd: repositoryRoot,
        env: {
          ...process.env,
          AWS_EC2_METADATA_DISABLED: undefined,
          AWS_REGION: "eu-west-1",
          AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url().origin,
          HTTP_PROXY: proxy,
          HTTPS_PROXY: proxy,
          NO_PROXY: "",
          no_proxy: "",
          NODE_USE_ENV_PROXY: "1",
        },
      },
    );
    assert.equal(stdout.trim(), "OFMACHINE", stderr);
  });
});
