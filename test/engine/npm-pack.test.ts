import { strict as assert } from "node:assert";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { runToSuccess } from "../../sandbox/process";
import { repositoryRoot, StackUnderTest } from "./engine";

/** Packs the package into a folder, and gives the tarball. */
async function pack(folder: string): Promise<string> {
  await runToSuccess("npm", ["pack", "--pack-destination", folder], {
    cwd: path.join(repositoryRoot, "provider"),
  });
  const [tarball] = (await readdir(folder)).filter((file) => file.endsWith(".tgz"));
  assert.ok(tarball !== undefined);
  return path.join(folder, tarball);
}

/** Lists what a tarball holds. */
async function contents(tarball: string): Promise<string[]> {
  return (await runToSuccess("tar", ["-tzf", tarball])).trim().split("\n");
}

describe("the package, packed and installed outside this repository", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "packed-"));
    tarball = await pack(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("holds what its sources compile to, a README, and nothing else", async () => {
    const sources = await readdir(path.join(repositoryRoot, "provider/src"), { recursive: true });
    const compiled = sources
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -".ts".length))
      .flatMap((file) => [`package/dist/${file}.js`, `package/dist/${file}.d.ts`]);
    assert.deepEqual(
      (await contents(tarball)).sort(),
      ["package/package.json", "package/README.md", ...compiled].sort(),
    );
  });

  it("runs examples/own-stack there, type-checked, with one copy of the SDK", async () => {
    const project = path.join(folder, "project");
    await cp(path.join(repositoryRoot, "examples/own-stack"), project, {
      recursive: true,
      filter: (file) => !file.includes("node_modules"),
    });
    const manifest = path.join(project, "package.json");
    const wanted = (await readFile(manifest, "utf8")).replace(
      /("pulumi-resistant-tenants": )"[^"]+"/,
      `$1"file:${tarball}"`,
    );
    await writeFile(manifest, wanted);
    await runToSuccess("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: project });
    // Two copies would share one run between two versions of the SDK.
    const copies = await readdir(path.join(project, "node_modules"), { recursive: true });
    assert.deepEqual(
      copies.filter((file) => file.endsWith(path.join("@pulumi", "pulumi", "package.json"))),
      [path.join("@pulumi", "pulumi", "package.json")],
    );
    await runToSuccess(path.join(project, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: project });
    // As a CommonJS project of the elder module resolution sees it: Pulumi's own templates are that.
    await runToSuccess(
      path.join(project, "node_modules/.bin/tsc"),
      ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2020", "--module", "commonjs", "index.ts"],
      { cwd: project },
    );
    const stack = await StackUnderTest.create({ projectDir: project });
    try {
      await stack.up();
      await stack.up("--expect-no-changes");
      assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
      await stack.succeed(["destroy", "--yes", "--skip-preview"]);
      assert.deepEqual(stack.existing(), {});
    } finally {
      await stack.finish();
    }
  });
});
