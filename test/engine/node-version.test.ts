import { strict as assert } from "node:assert";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { mentions } from "../support/mentions";
import { repositoryRoot } from "./engine";

/** Runs a program of the repository on a Node.js that says it is 20.20.2. */
function onOldNode(args: readonly string[], root = repositoryRoot): Promise<ProcessResult> {
  const old = path.join(__dirname, "../support/old-node.js");
  return runProcess(process.execPath, ["--require", old, ...args], { cwd: root });
}

const refusal = /22\.12\b.*\b20\.20\.2/;

describe("on a Node.js that is too old", () => {
  it("the program, the policy pack and the package say what they need, before anything else", async () => {
    const modules = ["./stacks/main.js", "./policy/main.js"];
    const entries = ["", "/dynamic", "/client"].map((entry) => `pulumi-resistant-tenants${entry}`);
    for (const name of [...modules, ...entries]) {
      const load = `try { require("${name}") } catch (error) { console.log(error.message) }`;
      const { stdout } = await onOldNode(["--eval", load]);
      assert.match(stdout, refusal, name);
      mentions(stdout, "PATH");
    }
  });

  it("the command line ends with 1, and says so", async () => {
    const { exitCode, stderr } = await onOldNode(["cli/tenants.js", "list"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, refusal);
    assert.match(stderr, /export PATH=/);
  });

  it("the installation continues only if the packages bring a newer one", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "install-"));
    try {
      for (const file of [
        "package.json",
        "package-lock.json",
        "node_modules/.package-lock.json",
        "sandbox/install.js",
        "sandbox/installed.js",
        "stacks/node-version.js",
      ]) {
        await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
        await cp(path.join(repositoryRoot, file), path.join(folder, file));
      }
      const bin = path.join(folder, "node_modules", ".bin");
      await mkdir(bin, { recursive: true });

      const without = await onOldNode(["sandbox/install.js"], folder);
      assert.deepEqual([without.exitCode, without.stdout], [1, ""]);
      assert.match(without.stderr, refusal);
      assert.match(without.stderr, /--omit=optional/);
      for (const [version, exitCode] of [
        ["20.20.2", 1],
        ["22.11.0", 1],
        ["22.12.0", 0],
        ["24.21.0", 0],
      ] as const) {
        await writeFile(path.join(bin, "node"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
        assert.equal((await onOldNode(["sandbox/install.js"], folder)).exitCode, exitCode, version);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("package.json", () => {
  it("asks for the same Node.js everywhere, and brings one that suits", () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a program of Node's own modules
    const { suits, needed } = require("../../stacks/node-version.js") as {
      suits: (version: string) => boolean;
      needed: string;
    };
    /* eslint-disable @typescript-eslint/no-require-imports -- JSON */
    const root = require("../../package.json") as { optionalDependencies: Record<string, string> };
    const provider = require("../../provider/package.json") as { engines: { node: string } };
    /* eslint-enable @typescript-eslint/no-require-imports */
    assert.deepEqual([needed, provider.engines.node], ["22.12", ">=22.12"]);
    const versions = Object.values(root.optionalDependencies);
    assert.ok(versions.length > 0 && versions.every((version) => /^24\.\d+\.\d+$/.test(version)));
    assert.ok(versions.every(suits));
    for (const version of ["20.20.2", "22.11.9", "21.99.0"]) assert.equal(suits(version), false, version);
    for (const version of ["22.12.0", "22.13.1", "24.0.0", "26.1.0"])
      assert.equal(suits(version), true, version);
  });
});
