import { strict as assert } from "node:assert";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { repositoryRoot, StackUnderTest } from "./engine";

/** Makes a project of its own whose `pulumi-resistant-tenants` is a copy that a test may change. */
async function ownProject(): Promise<{ directory: string; modules: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), "own-project-"));
  const modules = path.join(directory, "node_modules");
  await cp(path.join(repositoryRoot, "test/programs/resources"), directory, { recursive: true });
  await mkdir(modules);
  const shared = path.join(repositoryRoot, "node_modules");
  for (const name of await readdir(shared)) {
    if (name !== "pulumi-resistant-tenants") await symlink(path.join(shared, name), path.join(modules, name));
  }
  const copy = path.join(modules, "pulumi-resistant-tenants");
  await mkdir(copy);
  for (const name of ["package.json", "dist"]) {
    await cp(path.join(repositoryRoot, "provider", name), path.join(copy, name), { recursive: true });
  }
  return { directory, modules };
}

describe("a change of the installed package's code, on the engine", function () {
  it("shows no difference, and takes effect on refresh and delete too", async () => {
    const { directory, modules } = await ownProject();
    const stack = await StackUnderTest.create({
      projectDir: directory,
      config: { "resources:declare": [{ type: "Tenant", name: "tenant", args: { name: "acme" } }] },
    });
    try {
      await stack.up();
      const file = path.join(modules, "pulumi-resistant-tenants/dist/dynamic/index.js");
      const noting = (method: string) =>
        `${method}: (...args) => { console.warn("changed ${method}"); return original.${method}(...args); }`;
      const change = `const original = exports.tenant;\nexports.tenant = Object.assign(Object.create(original), { ${noting("read")}, ${noting("delete")} });`;
      await writeFile(file, `${await readFile(file, "utf8")}\n${change}\n`);
      await stack.succeed(["preview", "--expect-no-changes"]);
      assert.match(await stack.succeed(["refresh", "--yes", "--skip-preview"]), /changed read/);
      assert.match(await stack.succeed(["destroy", "--yes", "--skip-preview"]), /changed delete/);
      assert.deepEqual(stack.existing(), {});
    } finally {
      await stack.close();
      await rm(directory, { recursive: true });
    }
  });
});
