import { strict as assert } from "node:assert";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { z } from "zod";

import { runToSuccess } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";
import { type PublishedPackage, startRegistry } from "../support/npm-registry";
import { repositoryRoot, StackUnderTest } from "./engine";

/** Packs a copy of the package into a folder, and gives the tarball: packing compiles anew what other tests run. */
async function pack(folder: string): Promise<string> {
  const copy = path.join(folder, "copy");
  await cp(path.join(repositoryRoot, "provider"), path.join(copy, "provider"), { recursive: true });
  await cp(path.join(repositoryRoot, "tsconfig.base.json"), path.join(copy, "tsconfig.base.json"));
  await symlink(path.join(repositoryRoot, "node_modules"), path.join(copy, "node_modules"));
  await runToSuccess("npm", ["pack", "--pack-destination", folder], { cwd: path.join(copy, "provider") });
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
  let project: string;
  let tarball: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "packed-"));
    project = path.join(folder, "project");
    tarball = await pack(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("holds what its sources compile to, what processes load first, a README, a licence, and nothing else", async () => {
    const sources = await readdir(path.join(repositoryRoot, "provider/src"), { recursive: true });
    const compiled = sources
      .filter((file) => file.endsWith(".ts"))
      .map((file) => file.slice(0, -".ts".length))
      .flatMap((file) => [`package/dist/${file}.js`, `package/dist/${file}.d.ts`]);
    assert.deepEqual(
      (await contents(tarball)).sort(),
      [
        "package/package.json",
        "package/preload.js",
        "package/README.md",
        "package/LICENSE",
        ...compiled,
      ].sort(),
    );
  });

  it(`runs examples/own-stack there, type-checked, with one copy of the SDK ${exhaustiveTag}`, async () => {
    await cp(path.join(repositoryRoot, "examples/own-stack"), project, {
      recursive: true,
      filter: (file) => !file.includes("node_modules"),
    });
    await npmInstall(project, tarball);
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
    await upAndDestroy(project);
  });

  it(`runs an ES module by tsx, under a scoped name of a private registry ${exhaustiveTag}`, async () => {
    const scoped = await packAs("@partner/pulumi-resistant-tenants", tarball, folder);
    const registry = await startRegistry(scoped);
    try {
      await writeFile(path.join(project, ".npmrc"), `@partner:registry=${registry.url}/\n`);
      const alias = `pulumi-resistant-tenants@npm:${scoped.manifest.name}@${scoped.manifest.version}`;
      await npmInstall(project, alias, "tsx@4.23.15");
    } finally {
      await registry.close();
    }
    const installed = path.join(project, "node_modules/pulumi-resistant-tenants/package.json");
    assert.equal(manifestIn(await readFile(installed, "utf8")).name, scoped.manifest.name);
    await writeFile(
      path.join(project, "Pulumi.yaml"),
      "name: own-stack\nruntime:\n  name: nodejs\n  options: { typescript: false, nodeargs: --import=tsx }\n",
    );
    const manifest = path.join(project, "package.json");
    const asModule = { ...(JSON.parse(await readFile(manifest, "utf8")) as object), type: "module" };
    await writeFile(manifest, JSON.stringify(asModule));
    await appendFile(
      path.join(project, "index.ts"),
      "export const url = await Promise.resolve(import.meta.url);\n",
    );
    await runToSuccess(path.join(project, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: project });
    await upAndDestroy(project);
  });
});

/** Runs the documented command. */
async function npmInstall(project: string, ...packages: string[]): Promise<void> {
  const options = ["--prefer-offline", "--no-audit", "--no-fund"];
  await runToSuccess("npm", ["install", ...options, ...packages], { cwd: project });
}

/** Makes the tarball of a package that has another name. */
async function packAs(name: string, tarball: string, folder: string): Promise<PublishedPackage> {
  await runToSuccess("tar", ["-xzf", tarball, "-C", folder]);
  const source = path.join(folder, "package");
  const file = path.join(source, "package.json");
  const manifest = { ...manifestIn(await readFile(file, "utf8")), name };
  await writeFile(file, JSON.stringify(manifest));
  const destination = path.join(folder, "scoped");
  await mkdir(destination);
  const args = ["pack", "--ignore-scripts", "--pack-destination", destination];
  await runToSuccess("npm", args, { cwd: source });
  const [packed] = await readdir(destination);
  return { manifest, tarball: path.join(destination, packed!) };
}

function manifestIn(text: string): PublishedPackage["manifest"] {
  return z.looseObject({ name: z.string(), version: z.string() }).parse(JSON.parse(text));
}

/** Runs the program of examples/own-stack on the engine, and takes it down. */
async function upAndDestroy(project: string): Promise<void> {
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
}
