import { strict as assert } from "node:assert";

import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";

const arnIn = (region: string): string =>
  `arn:aws:secretsmanager:${region}:123456789012:secret:acme-${region}-AbCdEf`;

describe("a secret of the state", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  it("is looked up in its own region, whatever region the run has", async () => {
    server.answerWith((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { SecretId } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string };
        const [, signedFor = ""] =
          /\/([a-z0-9-]+)\/secretsmanager\//.exec(request.headers.authorization ?? "") ?? [];
        const isThere = SecretId === arnIn(signedFor);
        if (!isThere) response.statusCode = 400;
        response.end(
          JSON.stringify(
            isThere
              ? { ARN: SecretId, VersionIdsToStages: { v1: ["AWSCURRENT"] } }
              : { __type: "ResourceNotFoundException" },
          ),
        );
      });
    });
    const aws = new SecretsManager(awsHere());
    try {
      for (const region of ["eu-west-1", "us-east-1", "cn-north-1", "us-east-1"])
        assert.deepEqual(await aws.statusOf(arnIn(region)), {
          kind: "there",
          currentVersionId: "v1",
          deletedAt: undefined,
        });
    } finally {
      aws.close();
    }
  });
});
