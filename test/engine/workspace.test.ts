import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { parse } from "yaml";

import { runProcess } from "../../sandbox/process";
import { findPulumi, type PulumiCli } from "../../sandbox/pulumi/cli";
import { copyConfigFile, overrideConfig } from "../../sandbox/pulumi/config-file";
import { createWorkspace } from "../../sandbox/pulumi/workspace";

const repositoryRoot = path.resolve(__dirname, "../..");

const log = (): void => undefined;
const committed = `# A comment.
encryptionsalt: v1:somebody:elses
config:
  app:cells: [eu-1]
  app:customers:
    - name: acme
      status: active
`;

describe("a workspace of Pulumi's", function () {
  this.timeout(60_000);

  let projectDir: string;
  let pulumi: PulumiCli;

  before(async function () {
    this.timeout(20 * 60_000);
    pulumi = await findPulumi({ log });
  });

  beforeEach(async () => {
    projectDir = await mkdtemp(path.join(os.tmpdir(), "project-"));
    await writeFile(path.join(projectDir, "Pulumi.yaml"), "name: app\nruntime: nodejs\n");
    await writeFile(path.join(projectDir, "Pulumi.dev.yaml"), committed);
  });

  afterEach(() => rm(projectDir, { recursive: true, force: true }));

  it("leaves the project's folder as it is, and nothing behind", async () => {
    const configFile = path.join(projectDir, "Pulumi.dev.yaml");
    const workspace = await createWorkspace({ pulumi, stack: "dev", projectDir, configFile });
    const { exitCode } = await workspace.run(["config", "set", "app:owner", "payments-team"]);
    assert.equal(exitCode, 0);
    assert.match(await readFile(workspace.configFile, "utf8"), /app:owner: payments-team/);
    assert.equal(await readFile(configFile, "utf8"), committed);
    assert.deepEqual((await readdir(projectDir)).sort(), ["Pulumi.dev.yaml", "Pulumi.yaml"]);
    await workspace.remove();
    assert.equal(existsSync(workspace.directory), false);
  });

  it("does not hinder a stack of your own: each committed file is initialized with any passphrase", async () => {
    const folders = { ".": "dev", "examples/downstream": "dev" };
    for (const [folder, stack] of Object.entries(folders)) {
      const names = ["Pulumi.yaml", `Pulumi.${stack}.yaml`];
      for (const name of names) {
        // As it is committed: the engine writes a salt into the file in the work tree, such as for `stack history`.
        const show = ["show", `HEAD:${path.posix.join(folder, name)}`];
        const { exitCode, stdout } = await runProcess("git", show, { cwd: repositoryRoot, env: process.env });
        assert.equal(exitCode, 0, name);
        await writeFile(path.join(projectDir, name), stdout);
      }
      const env = {
        ...process.env,
        PATH: [pulumi.bin, process.env["PATH"] ?? ""].join(path.delimiter),
        PULUMI_HOME: path.join(projectDir, "home"),
        PULUMI_BACKEND_URL: `file://${await mkdtemp(path.join(projectDir, "state-"))}`,
        PULUMI_CONFIG_PASSPHRASE: "a newcomer's own",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      };
      for (const args of [
        ["stack", "init", stack, "--non-interactive"],
        ["config", "set", "--secret", "app:secret", "hush"],
        ["config", "--show-secrets"],
      ]) {
        const { exitCode, stderr } = await runProcess("pulumi", args, { cwd: projectDir, env });
        assert.equal(exitCode, 0, `${folder}: pulumi ${args.join(" ")}: ${stderr}`);
      }
      assert.match(await readFile(path.join(projectDir, names[1]!), "utf8"), /^encryptionsalt: v1:/m);
    }
  });

  it("has a stack of its own with the configuration given", async () => {
    const workspace = await createWorkspace({
      pulumi,
      stack: "dev",
      projectDir,
      config: { "app:owner": "payments-team" },
    });
    const { stdout } = await workspace.run(["config", "get", "app:owner"]);
    assert.equal(stdout.trim(), "payments-team");
    assert.deepEqual(await workspace.outputs(), {});
    assert.deepEqual((await workspace.exportState()).deployment.resources, []);
    await workspace.remove();
  });

  it("keeps a developer's own organization out", async () => {
    const workspace = await createWorkspace({ pulumi, stack: "dev", projectDir });
    process.env["PULUMI_STACK"] = "production";
    try {
      const { stdout } = await workspace.run(["stack", "--show-name"]);
      assert.equal(stdout.trim(), "dev");
    } finally {
      delete process.env["PULUMI_STACK"];
      await workspace.remove();
    }
  });

  it("accepts paths into structured configuration, and null to remove a key", async () => {
    const copy = path.join(projectDir, "copy.yaml");
    await copyConfigFile(path.join(projectDir, "Pulumi.dev.yaml"), copy);
    await overrideConfig(copy, {
      "app:customers[0].status": "deprecated",
      "app:customers[1]": { name: "globex" },
      "app:cells": null,
      "app:apiUrl": "http://127.0.0.1:1/v0",
    });
    assert.deepEqual(parse(await readFile(copy, "utf8")), {
      config: {
        "app:customers": [{ name: "acme", status: "deprecated" }, { name: "globex" }],
        "app:apiUrl": "http://127.0.0.1:1/v0",
      },
    });
  });

  it("copies each value as it is written: the engine reads 0100 as 64", async () => {
    const [source, copy] = ["source.yaml", "copy.yaml"].map((name) => path.join(projectDir, name)) as [
      string,
      string,
    ];
    const text =
      "config:\n  app:quota: 0100 # ours\n  app:count: 12345678901234567890\n  app:list: [ 1_000, 1.50, ~ ]\n";
    await writeFile(source, `${text}encryptionsalt: v1:abc\n`);
    await copyConfigFile(source, copy);
    assert.equal(await readFile(copy, "utf8"), text);
    // Text that looks like another type to the engine stays text.
    await overrideConfig(copy, { "app:owner": "0b11", "app:limit": 30, "app:kept": true });
    assert.equal(
      await readFile(copy, "utf8"),
      `${text}  app:owner: "0b11"\n  app:limit: 30\n  app:kept: true\n`,
    );
  });

  it("names the configuration file that is not YAML", async () => {
    const configFile = path.join(projectDir, "broken.yaml");
    await writeFile(configFile, "config: [");
    await assert.rejects(createWorkspace({ pulumi, stack: "dev", projectDir, configFile }), {
      code: "BAD_CONFIGURATION",
      message: /broken\.yaml/,
    });
  });
});
