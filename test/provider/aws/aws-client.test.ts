import { strict as assert } from "node:assert";

import { z } from "zod";

import { kmsSigner } from "../../../provider/src/aws/kms-signer";
import { readSecretValue } from "../../../provider/src/aws/secret-value";
import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { openAuditLog, openS3Journal } from "../../../provider/src/journal";
import type { Aws } from "../../../provider/src/settings/reach";
import { awsHere, region, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { entry, intent } from "../journal/events";

const patience = { attempts: 2, connectionTimeoutMs: 1_000, answerTimeoutMs: 300 };

const aws = (): Aws => awsHere({ patience });

const calls: Record<string, () => Promise<unknown>> = {
  "the S3 journal": () => openS3Journal("s3://journals/tenants", aws()).append(intent("create")),
  "the audit log": () => openAuditLog("group", aws()).deliver(entry(intent("create"))),
  "the client of Secrets Manager": () =>
    new SecretsManager(aws()).describe({ name: "acme", tags: undefined }),
  "the reader of a secret": () =>
    readSecretValue(`arn:aws:secretsmanager:${region}:123456789012:secret:key`, "It cannot be read", aws()),
  "the signer in KMS": () =>
    kmsSigner("alias/key", aws())({ clientId: "c", audience: "https://id.example", keyId: "k" }),
};

/** Gives how often the SDK tried what ended with an error, which may be the cause of another. */
function attemptsOf(error: unknown): number | undefined {
  const schema = z.object({ $metadata: z.object({ attempts: z.number() }) });
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { data } = schema.safeParse(cause);
    if (data !== undefined) return data.$metadata.attempts;
  }
  return undefined;
}

describe("a call to AWS", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  for (const [who, call] of Object.entries(calls)) {
    it(`of ${who} ends if AWS does not respond, after the given number of attempts`, async () => {
      server.answerWith(() => undefined);
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      assert.match(String(error), /exceeded the configured|timed out/);
      // The server may not have seen an attempt that a busy machine gave up early: the SDK counts them.
      assert.equal(attemptsOf(error), patience.attempts);
      assert.ok(server.requests.length <= patience.attempts, String(server.requests.length));
    });
  }

  it("ends even if its answer does not", async () => {
    server.answerWith((_, response) => {
      response.write("<ListBucketResult>");
    });
    await assert.rejects(
      openS3Journal("s3://journals/tenants", aws()).read(),
      /timed out|ECONNRESET|aborted/,
    );
  });
});
