import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { env } from "node:process";

import { runToSuccess } from "../../sandbox/process";
import { repositoryRoot, StackUnderTest } from "./engine";

describe("a project whose files end in .yml, on the engine", () => {
  it("is previewed like another", async () => {
    const stack = await StackUnderTest.create({
      customers: [{ name: "acme", customerId: "CRM-1", owner: "payments", cells: ["eu-1"] }],
    });
    try {
      const folder = path.join(stack.workspace.directory, "project");
      for (const name of ["Pulumi", "Pulumi.dev"])
        await rename(path.join(folder, `${name}.yaml`), path.join(folder, `${name}.yml`));
      await symlink(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules"));
      await mkdir(path.join(folder, "stacks"));
      await writeFile(
        path.join(folder, "stacks", "index.js"),
        `module.exports = require(${JSON.stringify(path.join(repositoryRoot, "stacks"))});\n`,
      );
      await runToSuccess("pulumi", ["preview", "--non-interactive"], {
        cwd: folder,
        env: { ...env, ...stack.workspace.env, PULUMI_OPTION_CONFIG_FILE: undefined },
      });
    } finally {
      await stack.finish();
    }
  });
});
