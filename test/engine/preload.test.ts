import { strict as assert } from "node:assert";
import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { runToSuccess } from "../../sandbox/process";
import { repositoryRoot, StackUnderTest } from "./engine";

/** Writes, for each process of the SDK that ends by itself, what Node.js was given and which packages it has loaded. */
const recorder = `
const { appendFileSync } = require("node:fs");
process.on("exit", () => {
  const modules = Object.keys(require.cache);
  const loads = (name) => modules.some((file) => file.includes("/node_modules/" + name + "/"));
  const line = { program: process.argv[1], options: process.execArgv, arborist: loads("@npmcli/arborist"), compiler: loads("typescript") };
  appendFileSync(process.env.STARTED_PROCESSES, JSON.stringify(line) + "\\n");
});
`;

interface Started {
  program: string;
  options: string[];
  arborist: boolean;
  compiler: boolean;
}

describe("what a program loads at its start", function () {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "preload-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Runs a script in a process of its own that has loaded the SDK after the preload. */
  async function withSdk(script: string): Promise<unknown> {
    const stdout = await runToSuccess(
      process.execPath,
      [
        "--require=pulumi-resistant-tenants/preload",
        "--eval",
        `const pulumi = require("@pulumi/pulumi");
         const loads = (name) => Object.keys(require.cache).some((file) => file.includes("/node_modules/" + name + "/"));
         (async () => console.log(JSON.stringify(await (${script})())))();`,
      ],
      { cwd: repositoryRoot, env: { ...process.env, NODE_OPTIONS: "" } },
    );
    return JSON.parse(stdout);
  }

  it("is no package manager and no compiler, on the engine, by the project's Pulumi.yaml", async () => {
    const [file, started] = [path.join(folder, "recorder.js"), path.join(folder, "started.jsonl")];
    await writeFile(file, recorder);
    const stack = await StackUnderTest.create({ customers: [] });
    try {
      await stack.succeed(["preview"], {
        env: { NODE_OPTIONS: `--require=${file}`, STARTED_PROCESSES: started },
      });
    } finally {
      await stack.close();
    }
    const programs = (await readFile(started, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Started)
      .filter(({ program }) => /[\\/]cmd[\\/]run[\\/]?/.test(program));
    assert.deepEqual(
      programs.map(({ options, arborist, compiler }) => ({ options, arborist, compiler })),
      [
        {
          options: ["--max-semi-space-size=8", "--require=pulumi-resistant-tenants/preload"],
          arborist: false,
          compiler: false,
        },
      ],
    );
  });

  it("is still loaded for code that uses it", async () => {
    const functions = await withSdk(`async () => {
      const before = [loads("@npmcli/arborist"), loads("typescript")];
      const value = 3;
      const { automation } = pulumi;
      const texts = [];
      for (const each of [() => value, () => automation.LocalWorkspace, () => pulumi.automation.LocalWorkspace])
        texts.push((await pulumi.runtime.serializeFunction(each)).text);
      const paths = await pulumi.runtime.computeCodePaths();
      return { before, serializes: texts[0].includes("return () => value"), others: texts.length, paths: paths.size > 0 };
    }`);
    assert.deepEqual(functions, { before: [false, false], serializes: true, others: 3, paths: true });

    const tracing = await withSdk(`() => {
      const tracing = require("@pulumi/pulumi/cmd/run/tracing");
      const before = loads("@opentelemetry/sdk-trace-node");
      tracing.start("http://127.0.0.1:9/");
      tracing.newSpan("one");
      return [before, loads("@opentelemetry/sdk-trace-node"), loads("@opentelemetry/exporter-zipkin")];
    }`);
    assert.deepEqual(tracing, [false, true, true]);
  });

  it("is the package's own for the modules below the SDK, and a class that may be extended for the SDK", async () => {
    const inSdk = path.join(folder, "node_modules/@pulumi/pulumi");
    const base = path.join(inSdk, "node_modules/@opentelemetry/sdk-trace-base");
    const below = path.join(inSdk, "node_modules/@opentelemetry/sdk-trace-node");
    const files = {
      [path.join(base, "index.js")]:
        "exports.Base = class { name() { return 'base'; } }; exports.figure = 7;",
      [path.join(below, "index.js")]: "module.exports = require('@opentelemetry/sdk-trace-base').figure;",
      [path.join(inSdk, "index.js")]:
        "const { Base } = require('@opentelemetry/sdk-trace-base'); class Own extends Base { own() { return this.name(); } };" +
        "const own = new Own(); module.exports = [own instanceof Own, own instanceof Base, own.own(), new Base().name()];",
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const found = await withSdk(
      `() => [require(${JSON.stringify(inSdk)}), require(${JSON.stringify(below)})]`,
    );
    assert.deepEqual(found, [[true, true, "base", "base"], 7]);
  });
});

describe("what Node.js stores of what it compiles", function () {
  let root: string;

  beforeEach(async () => {
    root = await realpath(await mkdtemp(path.join(os.tmpdir(), "preload-")));
    await mkdir(path.join(root, "provider"));
    await copyFile(path.join(repositoryRoot, "provider/preload.js"), path.join(root, "provider/preload.js"));
    await mkdir(path.join(root, "stacks"));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  /** Returns where a process stores it, before and after the project's program asks for it. */
  async function storedBy(command: string, cwd: string): Promise<unknown> {
    const file = path.join(root, "cmd", command, "index.js");
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(
      file,
      `const { getCompileCacheDir } = require("node:module");
       const before = getCompileCacheDir();
       require(${JSON.stringify(path.join(root, "provider/preload.js"))}).storeCompiled();
       console.log(JSON.stringify([before, getCompileCacheDir()].map((folder) => folder?.startsWith(${JSON.stringify(path.join(root, "dist"))}) ?? false)));`,
    );
    const env = { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: undefined };
    const preload = `--require=${path.join(root, "provider/preload.js")}`;
    return JSON.parse(await runToSuccess(process.execPath, [preload, file], { cwd, env }));
  }

  it("is a program's, in the project's folder, from the start", async () => {
    assert.deepEqual(await storedBy("run", path.join(root, "stacks")), [true, true]);
    assert.equal((await stat(path.join(root, "dist/node-compile-cache"))).mode & 0o077, 0);
  });

  it("is nothing of a file that is made for one run, in another folder", async () => {
    assert.deepEqual(await storedBy("run", os.tmpdir()), [false, true]);
  });

  it("is nothing of a provider's, which evaluates functions with what they hold", async () => {
    assert.deepEqual(await storedBy("dynamic-provider", path.join(root, "stacks")), [false, false]);
  });

  it("is nothing if others could write it", async () => {
    await mkdir(path.join(root, "dist/node-compile-cache"), { recursive: true });
    await chmod(path.join(root, "dist/node-compile-cache"), 0o777);
    assert.deepEqual(await storedBy("run", path.join(root, "stacks")), [false, false]);
  });
});
