import { strict as assert } from "node:assert";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { env } from "node:process";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { overrideConfig } from "../../sandbox/pulumi/config-file";
import { repositoryRoot, StackUnderTest } from "./engine";

describe("a project whose files are not where they usually are, on the engine", () => {
  let stack: StackUnderTest;
  let folder: string;

  beforeEach(async () => {
    stack = await StackUnderTest.create({
      customers: [{ name: "acme", customerId: "CRM-1", owner: "payments", cells: ["eu-1"] }],
    });
    folder = path.join(stack.workspace.directory, "project");
    await symlink(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules"));
    await mkdir(path.join(folder, "stacks"));
    const file = path.join(folder, "Pulumi.dev.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace(/^ *tenants:owner:.*\n/m, ""));
    await writeFile(
      path.join(folder, "stacks", "index.js"),
      `module.exports = require(${JSON.stringify(path.join(repositoryRoot, "stacks"))});\n`,
    );
  });
  afterEach(() => stack.finish());

  const preview = (): Promise<ProcessResult> =>
    runProcess("pulumi", ["preview", "--non-interactive"], {
      cwd: folder,
      env: { ...env, ...stack.workspace.env, PULUMI_OPTION_CONFIG_FILE: undefined },
    });

  it("is previewed like another if they end in .yml", async () => {
    for (const name of ["Pulumi", "Pulumi.dev"])
      await rename(path.join(folder, `${name}.yaml`), path.join(folder, `${name}.yml`));
    const { exitCode, stdout, stderr } = await preview();
    assert.equal(exitCode, 0, stdout + stderr);
  });

  it("is checked like another if the stacks' files are in its stackConfigDir", async () => {
    const project = path.join(folder, "Pulumi.yaml");
    await writeFile(project, `${await readFile(project, "utf8")}\nstackConfigDir: config\n`);
    await mkdir(path.join(folder, "config"));
    const file = path.join(folder, "config", "Pulumi.dev.yaml");
    await rename(path.join(folder, "Pulumi.dev.yaml"), file);
    const { exitCode, stdout, stderr } = await preview();
    assert.equal(exitCode, 0, stdout + stderr);
    await overrideConfig(file, { "tenants:owner": 12345 });
    const written = await readFile(file, "utf8");
    await writeFile(file, written.replace("tenants:owner: 12345", "tenants:owner: 0012345"));
    const refused = await preview();
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stdout + refused.stderr, /tenants:owner.*0012345.*quotes/);
  });

  it("is checked for what Pulumi.yaml gives to every stack", async () => {
    const project = path.join(folder, "Pulumi.yaml");
    const config = "config:\n  tenants:owner: { value: 0012345 }\n";
    await writeFile(project, `${await readFile(project, "utf8")}\n${config}`);
    const { exitCode, stdout, stderr } = await preview();
    assert.notEqual(exitCode, 0);
    assert.match(stdout + stderr, /tenants:owner.*0012345.*quotes, in Pulumi\.yaml/);
  });
});
