import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { S3Client } from "@aws-sdk/client-s3";

import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { Aws, readAwsAccess } from "../../../provider/src/settings/reach";
import { useVariables } from "../../support/environment";
import { refusalOf } from "../../support/failure";
import { type ForwardProxy, startForwardProxy } from "../../support/forward-proxy";
import { useServer } from "../../support/http-server";
import { mentions } from "../../support/mentions";

const patience = { attempts: 2, connectionTimeoutMs: 1_000, answerTimeoutMs: 2_000 };
const target = "secrets.example.test:80";

describe("a call to AWS by a proxy", () => {
  const server = useServer();
  let proxy: ForwardProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** Asks of a secret, at an endpoint that no name server knows. */
  async function describe(environment: Record<string, string>): Promise<unknown> {
    const credentials = { accessKeyId: "key", secretAccessKey: "hush-key" };
    const endpoint = { AWS_ENDPOINT_URL: `http://${target.replace(/:80$/, "")}`, AWS_REGION: "eu-west-1" };
    const access = { ...readAwsAccess({ ...endpoint, ...environment }), credentials, patience };
    const secrets = new SecretsManager(new Aws(access));
    try {
      return await secrets.describe({ name: "acme", tags: undefined });
    } finally {
      secrets.close();
    }
  }

  it("reaches an endpoint that only the proxy knows, on one connection", async () => {
    server.answerWith((_request, response) => {
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end('{"ARN":"arn:acme"}');
    });
    proxy = await startForwardProxy({ hosts: { [target]: Number(server.url().port) }, user: "me:pa%40ss" });
    const found = (await describe({ HTTP_PROXY: proxy.url })) as { arn: string };
    assert.equal(found.arn, "arn:acme");
    assert.deepEqual(proxy.asked, [target]);
  });

  it("uses no proxy for loopback", async () => {
    server.answerWith((_request, response) => {
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end('{"ARN":"arn:acme"}');
    });
    proxy = await startForwardProxy({});
    await describe({ HTTP_PROXY: proxy.url, AWS_ENDPOINT_URL: server.url().origin });
    assert.deepEqual(proxy.asked, []);
  });

  it("fails at once if the proxy refuses the user, and is repeated if the failure may be temporary", async () => {
    for (const [refuses, times] of [
      [407, 1],
      [502, 2],
    ] as const) {
      proxy = await startForwardProxy({ refuses, user: "me:hush" });
      const { url, port, asked, close } = proxy;
      const said = await refusalOf(() => describe({ HTTP_PROXY: url }));
      mentions(said, `http://127.0.0.1:${port} (HTTP_PROXY)`, `(${refuses})`);
      mentions(said, "Secrets Manager", "eu-west-1", "http://secrets.example.test");
      assert.ok(!said.includes("hush"), said);
      assert.equal(asked.length, times);
      await close();
    }
  });
});

const profiles = `
[profile of-portal]
sso_start_url = https://partner.awsapps.example.test/start
sso_region = eu-central-1
sso_account_id = 111111111111
sso_role_name = up
[profile of-session]
sso_session = partner
sso_account_id = 111111111111
sso_role_name = up
[sso-session partner]
sso_start_url = https://partner.awsapps.example.test/start
sso_region = eu-central-1
[profile of-role]
role_arn = arn:aws:iam::111111111111:role/up
source_profile = of-portal
`;

describe("the credentials of a profile by a proxy", () => {
  const [portal, tokens, sts] = ["portal", "tokens", "sts"].map((name) => `${name}.example.test`);
  const server = useServer();
  let folder: string;
  let proxy: ForwardProxy | undefined;
  useVariables(() => ({
    HOME: folder,
    AWS_CONFIG_FILE: path.join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, "credentials"),
    AWS_ENDPOINT_URL_SSO: `http://${portal}`,
    AWS_ENDPOINT_URL_SSO_OIDC: `http://${tokens}`,
    AWS_ENDPOINT_URL_STS: `http://${sts}`,
  }));
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "profile-"));
    await writeFile(path.join(folder, "config"), profiles);
    const cache = path.join(folder, ".aws", "sso", "cache");
    await mkdir(cache, { recursive: true });
    const [soon, late] = [60_000, 3_600_000].map((aheadMs) => new Date(Date.now() + aheadMs).toISOString());
    const client = { clientId: "c", clientSecret: "s", registrationExpiresAt: late, refreshToken: "r" };
    for (const [name, expiresAt] of [
      ["https://partner.awsapps.example.test/start", late],
      // It is renewed first.
      ["partner", soon],
    ] as const) {
      const file = `${createHash("sha1").update(name).digest("hex")}.json`;
      await writeFile(path.join(cache, file), JSON.stringify({ accessToken: "t", expiresAt, ...client }));
    }
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => proxy?.close());

  for (const [profile, asked] of Object.entries({
    "of-portal": [portal],
    "of-session": [tokens, portal],
    "of-role": [portal, sts],
  }))
    it(`are got by the proxy: ${profile}`, async () => {
      const expiration = Date.now() + 3_600_000;
      server.answerWith((request, response) => {
        if (request.url?.startsWith("/federation") === true) {
          response.setHeader("content-type", "application/json");
          const keys = { accessKeyId: "OFPORTAL", secretAccessKey: "s", sessionToken: "t" };
          response.end(JSON.stringify({ roleCredentials: { ...keys, expiration } }));
        } else if (request.url === "/token") {
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify({ accessToken: "new", expiresIn: 3600 }));
        } else {
          response.setHeader("content-type", "text/xml");
          response.end(
            `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>OFROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(expiration).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
          );
        }
      });
      const port = Number(server.url().port);
      proxy = await startForwardProxy({
        hosts: Object.fromEntries([portal, tokens, sts].map((host) => [`${host}:80`, port])),
      });
      const access = readAwsAccess({ HTTP_PROXY: proxy.url, AWS_PROFILE: profile, AWS_REGION: "eu-west-1" });
      const client = new Aws({ ...access, patience }).open(S3Client, "s3");
      const { accessKeyId } = await client.config.credentials();
      client.destroy();
      assert.equal(accessKeyId, profile === "of-role" ? "OFROLE" : "OFPORTAL");
      assert.deepEqual(
        proxy.asked,
        asked.map((host) => `${host}:80`),
      );
    });
});
