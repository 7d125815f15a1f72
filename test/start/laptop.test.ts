import { strict as assert } from "node:assert";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { repositoryRoot } from "../engine/engine";
import { exhaustiveTag } from "../suites";
import { closedPort } from "../support/http-server";
import { mentions } from "../support/mentions";

/** What the laptop of whoever works at a bank has in its environment, and what would be in the way. */
async function environmentOfLaptop(): Promise<NodeJS.ProcessEnv> {
  const nobody = `http://127.0.0.1:${await closedPort()}`;
  return {
    ...process.env,
    NO_PROXY: undefined,
    no_proxy: undefined,
    AWS_EC2_METADATA_DISABLED: undefined,
    AWS_PROFILE: "bank-sso",
    AWS_CONFIG_FILE: "/nowhere/config",
    AWS_REGION: "eu-south-2",
    AWS_CA_BUNDLE: "/nowhere/ca.pem",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: nobody,
    AWS_ENDPOINT_URL_STS: nobody,
    HTTP_PROXY: nobody,
    HTTPS_PROXY: nobody,
    http_proxy: nobody,
    https_proxy: nobody,
    NODE_USE_ENV_PROXY: "1",
    PULUMI_ACCESS_TOKEN: "pul-0123456789abcdef",
    PULUMI_BACKEND_URL: "https://pulumi.bank.example",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere/passphrase",
    PULUMI_STACK: "production",
    PULUMI_OPTION_STACK: "production",
    PULUMI_OPTION_REFRESH: "true",
    TENANTS_PRIVATE_KEY: "no key",
    TENANTS_CLIENT_ID: "another",
    TENANTS_ALLOWED_HOSTS: "https://no host",
  };
}

async function onLaptop(command: string, ...args: string[]): Promise<ProcessResult & { left: string[] }> {
  const temporary = await mkdtemp(path.join(tmpdir(), "laptop-"));
  const env = { ...(await environmentOfLaptop()), TMPDIR: temporary };
  const result = await runProcess(command, args, { cwd: repositoryRoot, env });
  assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  // ts-node keeps compiled code there.
  const left = (await readdir(temporary)).filter((name) => !name.startsWith("v8-compile-cache"));
  await rm(temporary, { recursive: true });
  return { ...result, left };
}

describe("on a laptop whose environment has accounts, proxies and stacks of its own", () => {
  it("npm start shows the whole product", async () => {
    const { stdout, left } = await onLaptop("npm", "start");
    mentions(stdout, "0 requests");
    assert.deepEqual(left, []);
  });

  it(`a test on the engine passes ${exhaustiveTag}`, async () => {
    const mocha = path.join(repositoryRoot, "node_modules/mocha/bin/mocha.js");
    const test = ["test/engine/environment.test.ts", "--grep", "when the API changes"];
    const { stdout } = await onLaptop(process.execPath, mocha, ...test);
    assert.match(stdout, /1 passed, 0 failed/);
  });
});
