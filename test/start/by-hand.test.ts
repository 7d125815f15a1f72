import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { createWorkspace } from "../../sandbox/pulumi/workspace";
import { acme } from "../engine/customers";
import { repositoryRoot, startShared } from "../engine/engine";
import { exhaustiveTag } from "../suites";
import { copyProject } from "../support/project-copy";

/** Starts a program of the sandbox, and resolves with what it printed once it has printed all that is waited for. */
async function start(
  program: string,
  args: readonly string[],
  { env, until }: { env: NodeJS.ProcessEnv; until: RegExp },
): Promise<{ child: ChildProcess; printed: string }> {
  const child = spawn(process.execPath, ["-r", "ts-node/register", program, ...args], {
    cwd: repositoryRoot,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  return new Promise((resolve, reject) => {
    child.once("exit", () => {
      reject(new Error(`it ended: ${printed}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (until.test(printed)) resolve({ child, printed });
      });
    }
  });
}

/** Runs lines as a person types them, who has nothing of the tests' in the environment but `env`. */
function type(
  lines: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd = repositoryRoot,
): Promise<ProcessResult> {
  return runProcess("bash", ["--norc", "-c", ["set -e", ...lines].join("\n")], { cwd, env });
}

/** Tells what the work tree has that is not committed. */
async function workTree(): Promise<string> {
  return (await type(["git status --porcelain", "git diff"], process.env)).stdout;
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  const [exitCode] = (await exited) as [number | null];
  return exitCode;
}

describe("a stack by hand", function () {
  this.timeout(300_000);

  it(`is previewed after the commands that npm run sandbox prints ${exhaustiveTag}`, async () => {
    const { pulumi, secretsManager, aws } = await startShared();
    const { child, printed } = await start("sandbox/main.ts", [], {
      env: { ...process.env, AWS_ENDPOINT_URL: secretsManager.endpointUrl },
      until: /skipRequestingAccountId/,
    });
    // A stack by hand may write into its folder, such as the salt of its passphrase.
    const folder = await mkdtemp(path.join(tmpdir(), "by-hand-"));
    const projectDir = path.join(folder, "project");
    await copyProject(projectDir);
    const workspace = await createWorkspace({
      pulumi,
      projectDir,
      stack: "dev",
      config: { "tenants:customers": [acme], "aws:region": "eu-west-1" },
      env: aws.env,
      ...(aws.pluginsFolder === undefined ? {} : { pluginsFolder: aws.pluginsFolder }),
    });
    await workspace.configure({
      "tenants:journal": path.join(workspace.directory, "journal.jsonl"),
      "tenants:journalDiskIsKept": true,
    });
    const before = await workTree();
    try {
      // Its last paragraph is the commands.
      const commands = printed.trimEnd().split("\n\n").at(-1) ?? "";
      const lines = commands.split("\n").filter((line) => /^ {2}\S/.test(line));
      assert.ok(lines.length > 5, printed);
      const { exitCode, stdout, stderr } = await type(
        [...lines, "pulumi up --yes --skip-preview", "pulumi preview --expect-no-changes"],
        { ...process.env, ...workspace.env },
        projectDir,
      );
      assert.equal(exitCode, 0, stdout + stderr);
      assert.equal(await workTree(), before, "the work tree is only read");
    } finally {
      await end(child);
      await workspace.remove();
      await rm(folder, { recursive: true });
    }
  });

  it(`is driven after the one line that npm start -- --keep prints, and so are the examples ${exhaustiveTag}`, async () => {
    const { child, printed } = await start("sandbox/start.ts", ["--keep"], {
      env: process.env,
      until: /^source .*[^]*^- .*: http:\/\/127\.0\.0\.1:\d+/m,
    });
    try {
      assert.equal(printed.match(/^(?:source|export) .*$/gm)?.length, 1);
      assert.ok(!printed.includes("\u001b"), "piped, it is plain");
      const [source = "", file = ""] = /^source (.*)$/m.exec(printed) ?? [];
      const [, stackFile = ""] = /^ {2}(\/.*Pulumi\.dev\.yaml)$/m.exec(printed) ?? [];
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.ok(existsSync(stackFile));
      const before = await workTree();
      const byHand = await type(
        [
          source,
          "pulumi preview --expect-no-changes",
          "npm run --silent tenants -- list",
          `sed -i 's/name: globex/name: hooli/' ${stackFile}`,
          "pulumi preview",
          "(cd examples/downstream && pulumi up --yes --skip-preview && pulumi stack output environment)",
          "pulumi -C examples/own-stack up --yes --skip-preview",
          "pulumi stack --show-name",
        ],
        process.env,
      );
      assert.equal(byHand.exitCode, 0, byHand.stdout + byHand.stderr);
      assert.match(byHand.stdout, /^acme\t/m);
      assert.match(byHand.stdout, /hooli/);
      assert.match(byHand.stdout, /CREDENTIALS_SECRET_ARN/);
      assert.match(byHand.stdout, /ownstack|TenantApplication/);
      assert.equal(await workTree(), before);
      assert.equal(await end(child), 0);
      assert.ok(!existsSync(path.dirname(file)), "the file, the key and the state are deleted");
    } finally {
      await end(child);
    }
  });
});
