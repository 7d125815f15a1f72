import { strict as assert } from "node:assert";

import { type AwsAccess, readAwsAccess } from "../../../provider/src/settings/reach";

/** Reads what differs from AWS's own configuration. */
function read(values: Record<string, string>, environment: Record<string, string> = {}): Partial<AwsAccess> {
  const { proxies, ...access } = readAwsAccess(environment, (key) => values[key]);
  assert.ok(proxies.areNone);
  const isSaid = (value: unknown): boolean =>
    value !== undefined && Object.keys(value as object).length + Number(typeof value !== "object") > 0;
  return Object.fromEntries(Object.entries(access).filter(([, value]) => isSaid(value)));
}

describe("access to AWS", () => {
  it("is AWS's own if neither the stack nor the environment configures it", () => {
    assert.deepEqual(read({}), {});
  });

  it("is the AWS provider's, as the stack configures it", () => {
    const endpoints = JSON.stringify([
      { kms: "http://127.0.0.1:1", ec2: "http://127.0.0.1:9" },
      { secretsmanager: "http://127.0.0.1:2", cloudwatchlogs: "http://127.0.0.1:3" },
    ]);
    assert.deepEqual(
      read({
        region: "eu-west-1",
        stsRegion: "us-east-1",
        profile: "partner",
        endpoints,
        accessKey: "k",
        secretKey: "s",
        token: "t",
        s3UsePathStyle: "false",
        useFipsEndpoint: "true",
      }),
      {
        region: "eu-west-1",
        stsRegion: "us-east-1",
        profile: "partner",
        endpoints: {
          kms: "http://127.0.0.1:1",
          secretsmanager: "http://127.0.0.1:2",
          logs: "http://127.0.0.1:3",
        },
        credentials: { accessKeyId: "k", secretAccessKey: "s", sessionToken: "t" },
        s3UsePathStyle: false,
        useFipsEndpoint: true,
      },
    );
  });

  it("assumes the AWS provider's roles in order", () => {
    const roles = [
      { roleArn: "arn:aws:iam::111111111111:role/hub", externalId: "partner-7", duration: "1h30m" },
      { roleArn: "arn:aws:iam::222222222222:role/tenants-up", sessionName: "up", tags: { team: "payments" } },
    ];
    const { roles: read1 } = readAwsAccess({}, (key) => ({ assumeRoles: JSON.stringify(roles) })[key]);
    assert.deepEqual(
      read1.map(({ roleArn, externalId, sessionName, durationSeconds, tags }) => [
        roleArn,
        externalId,
        sessionName,
        durationSeconds,
        tags,
      ]),
      [
        [roles[0]?.roleArn, "partner-7", undefined, 5400, undefined],
        [roles[1]?.roleArn, undefined, "up", undefined, { team: "payments" }],
      ],
    );
  });

  it("is followed if its own lists of files are empty", () => {
    for (const empty of ["", " ", "[]", "[ ]", "null"])
      assert.deepEqual(
        read({ sharedConfigFiles: empty, sharedCredentialsFiles: empty }).notFollowed ?? [],
        [],
      );
  });

  it("takes a role with the token of another identity provider", () => {
    const identity = { roleArn: "arn:aws:iam::111111111111:role/ci", webIdentityTokenFile: "/token" };
    const access = read({ assumeRoleWithWebIdentity: JSON.stringify(identity) });
    assert.deepEqual(access.webIdentity?.token, { file: "/token" });
    assert.equal(access.webIdentity.roleArn, identity.roleArn);
  });

  it("takes endpoints and region from the environment if the stack sets none", () => {
    const environment = {
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: "http://all.example",
      AWS_ENDPOINT_URL_S3: "http://s3.example",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://secrets.example",
    };
    assert.deepEqual(
      read({ endpoints: JSON.stringify([{ secretsmanager: "http://stack.example" }]) }, environment),
      {
        region: "eu-west-1",
        endpoints: {
          secretsmanager: "http://stack.example",
          kms: "http://all.example",
          s3: "http://s3.example",
          logs: "http://all.example",
          sts: "http://all.example",
        },
      },
    );
    assert.deepEqual(read({}, { ...environment, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }), {
      region: "eu-west-1",
    });
    assert.deepEqual(read({ region: "us-east-1" }, { AWS_REGION: "eu-west-1" }), { region: "us-east-1" });
    assert.deepEqual(read({}, { AWS_DEFAULT_REGION: "eu-west-1" }), { region: "eu-west-1" });
  });

  it("is that which the AWS provider takes from the environment, where AWS's SDK for JavaScript takes another", () => {
    const key = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" };
    const token = {
      AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
      AWS_ROLE_ARN: "arn:aws:iam::111111111111:role/pod",
      AWS_ROLE_SESSION_NAME: "pod",
    };
    const profile = { AWS_PROFILE: "partner" };
    const ofKey = {
      credentials: { accessKeyId: "k", secretAccessKey: "s", sessionToken: "t" },
      areCredentialsOfEnvironment: true,
    };
    const ofToken = {
      webIdentity: { roleArn: token.AWS_ROLE_ARN, sessionName: "pod", token: { file: "/token" } },
    };
    assert.deepEqual(read({}, { ...profile, ...token, ...key }), ofKey);
    assert.deepEqual(read({}, { ...profile, ...token }), ofToken);
    assert.deepEqual(read({}, { ...profile, ...token, AWS_ROLE_ARN: "" }), { profile: "partner" });
    assert.deepEqual(read({}, { ...profile, ...key, AWS_SECRET_ACCESS_KEY: "" }), { profile: "partner" });
    assert.deepEqual(read({}, { AWS_PROFILE: "", AWS_DEFAULT_PROFILE: "old" }), { profile: "old" });
    assert.deepEqual(read({ profile: "stack" }, { ...profile, ...token, ...key }), { profile: "stack" });
    const stacks = read({ accessKey: "a", secretKey: "b" }, { ...profile, ...token, ...key });
    assert.deepEqual(stacks, { credentials: { accessKeyId: "a", secretAccessKey: "b" } });
  });

  it("takes the region from the first variable that is not empty", () => {
    assert.deepEqual(read({}, { AWS_REGION: "", AWS_DEFAULT_REGION: "eu-west-1" }), { region: "eu-west-1" });
  });

  for (const [what, values] of Object.entries({
    "has half of a key": { accessKey: "k" },
    "has endpoints of another shape": { endpoints: "{}" },
    "has an endpoint that is no URL": { endpoints: JSON.stringify([{ s3: "localhost:4566" }]) },
    "has roles of another shape": { assumeRoles: JSON.stringify([{ role: "arn" }]) },
    "reads files of its own": { sharedConfigFiles: JSON.stringify(["/etc/aws"]) },
  })) {
    it(`is reported as unsupported if the AWS provider ${what}`, () => {
      assert.equal(read(values).notFollowed?.length, 1);
    });
  }
});
