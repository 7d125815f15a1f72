import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { requestToken } from "../sandbox/api/client";

const root = path.join(__dirname, "../..");

function run(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ["-r", "ts-node/register", "sandbox/main.ts", ...args], { cwd: root, env });
}

async function finished(child: ChildProcess): Promise<{ exitCode: number | null; output: string }> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, output };
}

describe("npm run sandbox", function () {
  this.timeout(60_000);
  let secretsManager: Server;
  let child: ChildProcess;
  let output = "";

  const shown = (name: string): string => new RegExp(`^  ${name} +(\\S+)$`, "m").exec(output)?.[1] ?? "";

  before(async () => {
    secretsManager = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
    await once(secretsManager, "listening");
    const { port } = secretsManager.address() as AddressInfo;
    child = run(["--quota", "7"], { ...process.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => {
        reject(new Error(`the sandbox ended: ${output}`));
      });
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("tenants:keyId")) {
          resolve();
        }
      });
    });
  });

  after(() => {
    child.kill("SIGKILL");
    secretsManager.close();
  });

  it("prints what a client needs to get a token", async () => {
    const { status } = await requestToken({
      tokenUrl: shown("tokenUrl"),
      clientId: shown("clientId"),
      privateKeyPem: readFileSync(shown("private key"), "utf8"),
    });
    assert.equal(status, 200);
  });

  it("writes the private key for its owner alone", () => {
    assert.equal(statSync(shown("private key")).mode & 0o777, 0o600);
  });

  it("prints no private key", () => {
    assert.ok(!output.includes("PRIVATE KEY-----"));
  });

  it("uses the Secrets Manager in AWS_ENDPOINT_URL", () => {
    assert.equal(
      new URL(shown("Secrets Manager")).port,
      String((secretsManager.address() as AddressInfo).port),
    );
  });

  it("ends with 0 at SIGTERM and deletes the private key", async () => {
    const folder = path.dirname(shown("private key"));
    child.kill("SIGTERM");
    const [exitCode] = (await once(child, "exit")) as [number | null];
    assert.deepEqual({ exitCode, left: existsSync(folder) }, { exitCode: 0, left: false });
  });

  it("prints its options at --help", async () => {
    assert.match((await finished(run(["--help"], process.env))).output, /--rate-limit/);
  });

  it("names every flag that is wrong", async () => {
    const { exitCode, output: text } = await finished(
      run(["--stage", "moon", "--quota", "many"], process.env),
    );
    assert.ok(exitCode === 1 && text.includes("--stage:") && text.includes("--quota:"), text);
  });
});
