import { strict as assert } from "node:assert";

import { SecretsManager } from "../../../provider/src/aws/secrets-manager";
import { Aws, readAwsAccess } from "../../../provider/src/settings/reach";
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
