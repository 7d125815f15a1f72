import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { version } from "@pulumi/pulumi/version";

import { makeOnce } from "../../sandbox/cache";
import { cachedCli, findPulumi } from "../../sandbox/pulumi/cli";

const companions = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

describe("finding the Pulumi CLI", () => {
  const before = { ...process.env };
  let folder: string;
  let lines: string[];
  const log = (line: string): void => {
    lines.push(line);
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "cli-"));
    lines = [];
    process.env["RESISTANT_TENANTS_CACHE"] = path.join(folder, "cache");
    process.env["PATH"] = `${path.join(folder, "path")}${path.delimiter}/usr/bin${path.delimiter}/bin`;
    await fakeCli(path.join(cachedCli("built"), "bin"), version);
    await writeFile(path.join(cachedCli("built"), "source"), "built");
  });

  afterEach(async () => {
    process.env["PATH"] = before["PATH"];
    if (before["RESISTANT_TENANTS_CACHE"] === undefined) delete process.env["RESISTANT_TENANTS_CACHE"];
    else process.env["RESISTANT_TENANTS_CACHE"] = before["RESISTANT_TENANTS_CACHE"];
    await rm(folder, { recursive: true, force: true });
  });

  async function fakeCli(bin: string, says: string, names = companions): Promise<string> {
    await mkdir(bin, { recursive: true });
    for (const name of names) await writeFile(path.join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
    await writeFile(path.join(bin, "pulumi"), `#!/bin/sh\necho v${says}\n`, { mode: 0o755 });
    return bin;
  }

  it("takes the one on the PATH", async () => {
    const bin = await fakeCli(path.join(folder, "path"), "3.400.1");
    assert.deepEqual(await findPulumi({ log }), { bin, version: "3.400.1", source: "path" });
  });

  for (const [what, says, names, line] of [
    ["too old", "3.100.0", companions, /\b3\.100\.0\b/],
    ["of another major version", "4.0.0", companions, /\b4\.0\.0\b/],
    ["without a language host", version, companions.slice(1), /\bpulumi-language-nodejs\b/],
    ["broken", "", companions, /`pulumi version`/],
  ] as const) {
    it(`reports why it skips one that is ${what}, and continues`, async () => {
      await fakeCli(path.join(folder, "path"), says, [...names]);
      const found = await findPulumi({ log });
      assert.equal(found.source, "built");
      assert.match(lines.join("\n"), line);
    });
  }

  it("takes the one in the cache silently", async () => {
    const bin = path.join(cachedCli("built"), "bin");
    assert.deepEqual(await findPulumi({ log }), { bin, version, source: "built" });
    assert.deepEqual(lines, []);
  });
});

describe("the cache", () => {
  let parent: string;
  let folder: string;

  beforeEach(async () => {
    parent = await mkdtemp(path.join(os.tmpdir(), "cache-"));
    folder = path.join(parent, "tool");
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it("keeps nothing of a failed attempt", async () => {
    const failing = makeOnce(folder, async (temporary) => {
      await writeFile(path.join(temporary, "half"), "");
      throw new Error("interrupted");
    });
    await assert.rejects(failing, /interrupted/);
    assert.deepEqual(await readdir(parent), []);
  });

  it("contains one complete result if two are built at once", async () => {
    const make = async (temporary: string): Promise<void> => {
      await Promise.all(["one", "two"].map((name) => writeFile(path.join(temporary, name), "")));
    };
    await Promise.all([makeOnce(folder, make), makeOnce(folder, make)]);
    assert.deepEqual(await readdir(parent), ["tool"]);
    assert.deepEqual((await readdir(folder)).sort(), ["one", "two"]);
  });

  it("removes what a killed process left", async () => {
    // No process has this id: ids end far below.
    const abandoned = `${folder}.unfinished-2147483646-0a0b0c0d`;
    await mkdir(abandoned);
    await makeOnce(folder, () => Promise.resolve());
    assert.equal(existsSync(abandoned), false);
  });
});
