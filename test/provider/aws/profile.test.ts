import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { S3Client } from "@aws-sdk/client-s3";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { Aws, readAwsAccess } from "../../../provider/src/settings/reach";
import { useVariables } from "../../support/environment";

const profiles = `
[default]
region = us-east-1

[profile partner]
region = eu-central-1

[profile local]
endpoint_url = http://localhost:4566 # of all but S3 and STS
services = here
[profile local-as-aws]
endpoint_url = http://localhost:4566
ignore_configured_endpoint_urls = true
[services here]
s3 =
  endpoint_url = http://localhost:9000
  addressing_style = path
sts =
  endpoint_url = http://localhost:9001
[profile indented]
  region = eu-central-1
  endpoint_url = http://localhost:4567
`;

const role = { roleArn: "arn:aws:iam::111111111111:role/tenants-up" };

describe("a profile of AWS", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "profile-"));
    await writeFile(path.join(folder, "config"), profiles);
  });
  after(() => rm(folder, { recursive: true }));
  useVariables(() => ({
    AWS_CONFIG_FILE: path.join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, "credentials"),
    AWS_PROFILE: undefined,
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
  }));

  for (const [what, values] of Object.entries({
    "that is the identity": {},
    "that assumes a role": { assumeRoles: JSON.stringify([role]) },
    "beside a role of another identity provider": {
      assumeRoleWithWebIdentity: JSON.stringify({ ...role, webIdentityToken: "token" }),
    },
    "beside a key": { accessKey: "k", secretKey: "s" },
  }))
    it(`${what} gives the region, as to the AWS provider`, async () => {
      const stack: Readonly<Record<string, string>> = { profile: "partner", ...values };
      const client = new Aws(readAwsAccess({}, (key) => stack[key])).open(S3Client, "s3");
      assert.equal(await client.config.region(), "eu-central-1");
    });

  describe("with endpoints", () => {
    const accessWith = (variables: Record<string, string>, stack: Readonly<Record<string, string>> = {}) =>
      readAwsAccess({ AWS_CONFIG_FILE: path.join(folder, "config"), ...variables }, (key) => stack[key]);
    const all = "http://localhost:4566";
    const local = {
      secretsmanager: all,
      kms: all,
      s3: "http://localhost:9000",
      logs: all,
      sts: "http://localhost:9001",
    };

    it("gives them, as to the AWS provider, whether the stack or the environment names it", () => {
      assert.deepEqual(accessWith({}, { profile: "local" }).endpoints, local);
      assert.deepEqual(accessWith({ AWS_PROFILE: "local" }).endpoints, local);
      assert.deepEqual(accessWith({ AWS_PROFILE: "local" }, { profile: "partner" }).endpoints, {});
      assert.deepEqual(accessWith({}).endpoints, {});
    });

    it("is followed by a variable, and that by the stack", () => {
      const s3 = "http://localhost:1";
      const { endpoints } = accessWith({ AWS_PROFILE: "local", AWS_ENDPOINT_URL_S3: s3 });
      assert.deepEqual(endpoints, { ...local, s3 });
      const stack = { profile: "local", endpoints: JSON.stringify([{ s3 }]) };
      assert.deepEqual(accessWith({}, stack).endpoints, { ...local, s3 });
    });

    it("is ignored if it or the environment says so, and if there is no file", () => {
      assert.deepEqual(accessWith({ AWS_PROFILE: "local-as-aws" }).endpoints, {});
      const ignoring = { AWS_PROFILE: "local", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
      assert.deepEqual(accessWith(ignoring).endpoints, {});
      assert.deepEqual(accessWith({ AWS_PROFILE: "local", AWS_CONFIG_FILE: "/none" }).endpoints, {});
    });

    it("is that of the stack's profile alone, also where that has none", async () => {
      const stack: Readonly<Record<string, string>> = { profile: "partner", accessKey: "k", secretKey: "s" };
      process.env["AWS_PROFILE"] = "local";
      const aws = new Aws(readAwsAccess(process.env, (key) => stack[key]));
      const client = aws.open(SecretsManagerClient, "secretsmanager");
      let host = "";
      client.middlewareStack.add(
        () => (call) => {
          ({ hostname: host } = call.request as { hostname: string });
          return Promise.reject(new Error("not sent"));
        },
        { step: "finalizeRequest", priority: "low" },
      );
      await assert.rejects(client.send(new DescribeSecretCommand({ SecretId: "acme" })));
      assert.equal(host, "secretsmanager.eu-central-1.amazonaws.com");
    });

    it("may be indented, like all keys of the profile", () => {
      const { secretsmanager } = accessWith({}, { profile: "indented" }).endpoints;
      assert.equal(secretsmanager, "http://localhost:4567");
    });

    it("leads to a bucket in the path of the URL", async () => {
      const client = new Aws(accessWith({}, { profile: "local" })).open(S3Client, "s3");
      assert.equal(client.config.forcePathStyle, true);
      assert.equal((await client.config.endpoint?.())?.port, 9000);
    });
  });
});
