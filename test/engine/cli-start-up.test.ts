import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";
import { repositoryRoot } from "./engine";

const program = path.join(repositoryRoot, "cli/tenants.js");

/** Writes the names of the packages whose modules a process has loaded, and how many modules there are of each. */
const recorder = `
const { registerHooks } = require("node:module");
const { writeFileSync } = require("node:fs");
const loaded = {};
registerHooks({
  load(url, context, next) {
    const name = /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? (url.startsWith("node:") ? undefined : "own");
    if (name !== undefined) loaded[name] = (loaded[name] ?? 0) + 1;
    return next(url, context);
  },
});
process.on("exit", () => writeFileSync(process.env.LOADED_MODULES, JSON.stringify(loaded)));
`;

describe("the start of the command line", function () {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "tenants-start-"));
    await writeFile(path.join(folder, "recorder.js"), recorder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function tenants(...args: string[]): Promise<ProcessResult & { loaded: Record<string, number> }> {
    const file = path.join(folder, "loaded.json");
    const result = await runProcess(
      process.execPath,
      ["--require", path.join(folder, "recorder.js"), program, ...args],
      { cwd: folder, env: { ...process.env, LOADED_MODULES: file } },
    );
    return { ...result, loaded: JSON.parse(await readFile(file, "utf8")) as Record<string, number> };
  }

  for (const args of [
    ["--version"],
    ["--help"],
    ["list", "--help"],
    ["reconcile", "--help"],
    ["help", "restore"],
    ["audit", "verify", "--help"],
    ["complete", "--", ""],
    ["complete", "--", "ticket", "acme", ""],
    ["completion", "bash"],
  ]) {
    it(`loads nothing but how commands are called, for ${args.join(" ")}`, async () => {
      const { exitCode, loaded, stderr } = await tenants(...args);
      assert.equal(exitCode, 0, stderr);
      const { commander = 0, own = 0, "@bomb.sh/tab": tab = 0, ...others } = loaded;
      assert.deepEqual(others, {});
      assert.ok(commander > 0 && commander + own + tab < 50, JSON.stringify(loaded));
    });
  }

  it("loads neither the engine's SDK nor AWS's for the commands that read records", async () => {
    for (const command of [["list"], ["show", "acme"], ["ticket", "acme"]]) {
      const { loaded } = await tenants(...command, "--cwd", repositoryRoot, "--stack", "none");
      const heavy = Object.keys(loaded).filter((name) => /^(@pulumi|@aws-sdk|@smithy)\/|^undici$/.test(name));
      assert.deepEqual(heavy, []);
      assert.ok(loaded["zod"] !== undefined, "the command itself did not run");
    }
  });

  it("prints its version", async () => {
    const { version } = JSON.parse(await readFile(path.join(repositoryRoot, "package.json"), "utf8")) as {
      version: string;
    };
    assert.equal((await tenants("--version")).stdout, `${version}\n`);
  });

  for (const args of [
    ["list", "--nope"],
    ["audit", "verify", "--nope"],
    ["fleet", "nope"],
    ["fleet", "up"],
    ["fleet", "layout", "--nope"],
    ["fleet", "preview", "--stage", "prod", "--jobs", "-1"],
  ]) {
    it(`exits with 2 for wrong usage: ${args.join(" ")}`, async () => {
      const { exitCode, stdout, stderr } = await tenants(...args);
      assert.deepEqual([exitCode, stdout], [2, ""], stderr);
    });
  }

  describe("in the wrong place", () => {
    const oneOfEach = [["list"], ["reconcile"], ["audit", "verify"]];
    const others = [
      ["show", "acme"],
      ["ticket", "acme"],
      ["credentials"],
      ["restore", "acme"],
      ["audit", "show"],
    ];
    for (const command of [...oneOfEach, ...others]) {
      const tag = others.includes(command) ? ` ${exhaustiveTag}` : "";
      it(`says so: ${command.join(" ")}${tag}`, async () => {
        for (const [cwd, said] of [
          [path.join(folder, "missing"), /missing/],
          [path.join(folder, "recorder.js"), /recorder\.js/],
          [folder, /Pulumi\.yaml.*--cwd/],
        ] as const) {
          const { exitCode, stdout, stderr } = await tenants(...command, "--cwd", cwd);
          assert.deepEqual([exitCode, stdout], [2, ""], stderr);
          assert.match(stderr, said);
        }
      });
    }

    it("reports that if --cwd is not given", async () => {
      const { exitCode, stderr } = await tenants("list");
      assert.equal(exitCode, 2);
      assert.match(stderr, /Pulumi\.yaml/);
    });
  });
});
