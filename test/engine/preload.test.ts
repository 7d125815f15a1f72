import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
      [{ options: ["--require=pulumi-resistant-tenants/preload"], arborist: false, compiler: false }],
    );
  });

  it("is there all the same for what uses it", async () => {
    const functions = await withSdk(`async () => {
      const before = [loads("@npmcli/arborist"), loads("typescript")];
      const value = 3;
      const { text } = await pulumi.runtime.serializeFunction(() => value);
      const paths = await pulumi.runtime.computeCodePaths();
      return { before, serializes: text.includes("return () => value"), paths: paths.size > 0 };
    }`);
    assert.deepEqual(functions, { before: [false, false], serializes: true, paths: true });

    const tracing = await withSdk(`() => {
      const tracing = require("@pulumi/pulumi/cmd/run/tracing");
      const before = loads("@opentelemetry/sdk-trace-node");
      tracing.start("http://127.0.0.1:9/");
      tracing.newSpan("one");
      return [before, loads("@opentelemetry/sdk-trace-node"), loads("@opentelemetry/exporter-zipkin")];
    }`);
    assert.deepEqual(tracing, [false, true, true]);

    const automation = await withSdk(`() => {
      const { LocalWorkspace, ...others } = pulumi.automation;
      return [typeof LocalWorkspace.createOrSelectStack, "RemoteWorkspace" in pulumi.automation, Object.keys(others).length > 5];
    }`);
    assert.deepEqual(automation, ["function", true, true]);
  });
});
