import { strict as assert } from "node:assert";

import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { awsHere, region, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";

const arnOf = (name: string): string => `arn:aws:secretsmanager:${region}:123456789012:secret:${name}-AbCdEf`;
const tags = (customer: string) => [{ Key: "customer", Value: customer }];

describe("the list of secrets, which AWS may answer with what was there five minutes ago", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  it("shows each secret as it is now, and those that are known by name", async () => {
    const [deleted, made, gone] = [
      "p/acme/eu-1/default",
      "p/acme/eu-1/ingest",
      "p/acme/us-1/default",
    ] as const;
    const now: Record<string, object> = {
      [deleted]: { DeletedDate: 1_795_000_000, Tags: tags("acme") },
      [made]: { Tags: tags("acme") },
    };
    const before = [deleted, gone, "P/acme/other"].map((Name) => ({
      ARN: arnOf(Name),
      Name,
      Tags: tags("old"),
    }));
    server.answerWith((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (String(request.headers["x-amz-target"]).endsWith("ListSecrets")) {
          response.end(JSON.stringify({ SecretList: before }));
          return;
        }
        const { SecretId } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string };
        const found = now[SecretId];
        if (found === undefined) response.statusCode = 400;
        response.end(
          JSON.stringify(
            found === undefined
              ? { __type: "ResourceNotFoundException" }
              : { ARN: arnOf(SecretId), Name: SecretId, ...found },
          ),
        );
      });
    });
    const aws = new SecretsManager(awsHere());
    try {
      const found = await aws.list("p/acme/", [made, "p/acme/ca-1/default"]);
      assert.deepEqual(
        new Map(found.map(({ name, arn, deletedAt }) => [name, [arn, deletedAt]])),
        new Map([
          [made, [arnOf(made), undefined]],
          [deleted, [arnOf(deleted), new Date(1_795_000_000_000).toISOString()]],
        ]),
      );
      assert.deepEqual([...new Set(found.map((secret) => secret.tags.get("customer")))], ["acme"]);
    } finally {
      aws.close();
    }
  });
});
