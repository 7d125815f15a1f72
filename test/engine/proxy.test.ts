import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type ForwardProxy, startForwardProxy } from "../support/forward-proxy";
import { makeCertificate, startTlsFront } from "../support/tls";
import { acme } from "./customers";
import { StackUnderTest, startShared } from "./engine";

const apiHost = "api.tenants.example.test";
const awsHost = "aws.example.test";
const password = "hush%40word";

describe("a proxy that is the only way out, on the engine", () => {
  let folder: string;
  let stack: StackUnderTest;
  let proxy: ForwardProxy;
  /** The environment of a command: names that the proxy alone knows, with certificates of its authority. */
  let env: Record<string, string | undefined>;
  const closers: Array<() => Promise<void>> = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "proxy-"));
    const certificate = await makeCertificate(folder, [apiHost, awsHost]);
    stack = await StackUnderTest.create({
      encryption: "passphrase",
      customers: [acme],
      sandbox: { publicOrigin: `https://${apiHost}` },
      env: { TENANTS_ALLOWED_HOSTS: apiHost },
    });
    const { secretsManager } = await startShared();
    const [api, aws] = await Promise.all(
      [stack.sandbox.controlUrl, secretsManager.endpointUrl].map((url) =>
        startTlsFront(certificate, new URL(url)),
      ),
    );
    const hosts = { [`${apiHost}:443`]: api!.port, [`${awsHost}:443`]: aws!.port };
    proxy = await startForwardProxy({ hosts, user: `me:${password}` });
    closers.push(api!.close, aws!.close, proxy.close);
    env = {
      HTTPS_PROXY: proxy.url,
      NODE_USE_ENV_PROXY: "1",
      NODE_EXTRA_CA_CERTS: certificate.file,
      AWS_ENDPOINT_URL: `https://${awsHost}`,
      TENANTS_PRIVATE_KEY: undefined,
    };
  });
  after(async () => {
    await stack.finish();
    await Promise.all(closers.map((close) => close()));
    await rm(folder, { recursive: true, force: true });
  });

  it("is how the organization's key, the API and AWS are reached; and without it none of them is", async () => {
    const arn = await stack.createSecret("organization-key", stack.sandbox.privateKeyPem);
    await stack.workspace.configure({ "tenants:privateKeySecretArn": arn });
    const up = ["up", "--yes", "--skip-preview"];
    const straight = await stack.fail(up, { env: { ...env, HTTPS_PROXY: undefined } });
    assert.match(straight, /ENOTFOUND|EAI_AGAIN/);
    assert.deepEqual(proxy.asked, []);
    await stack.succeed(up, { env });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    assert.deepEqual([...new Set(proxy.asked)].sort(), [`${apiHost}:443`, `${awsHost}:443`]);
    const { exitCode, stdout, stderr } = await stack.tenantsWith(env, "reconcile");
    assert.equal(exitCode, 0, stdout + stderr);
  });

  it("that refuses is reported with its name and what to do, also in lower case, and without the password", async () => {
    const wrong = `http://me:wrong-${password}@127.0.0.1:${proxy.port}`;
    const lower = { ...env, HTTPS_PROXY: undefined, https_proxy: wrong, no_proxy: "127.0.0.1,localhost" };
    const printed = await stack.fail(["refresh", "--yes", "--run-program"], { env: lower });
    assert.match(printed, new RegExp(`http://127.0.0.1:${proxy.port} \\(https_proxy\\).*\\(407\\)`));
    const said = stack.printed.join("\n");
    assert.ok(!said.includes("hush"), said);
  });
});
