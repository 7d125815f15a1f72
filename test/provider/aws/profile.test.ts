import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { S3Client } from "@aws-sdk/client-s3";

import { Aws, readAwsAccess } from "../../../provider/src/settings/reach";
import { useVariables } from "../../support/environment";

const profiles = `
[default]
region = us-east-1

[profile partner]
region = eu-central-1
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
});
