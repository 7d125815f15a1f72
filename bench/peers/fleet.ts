import { randomUUID } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { runProcess } from "../../sandbox/process";
import type { ConfigOverrides } from "../../sandbox/pulumi/config-file";
import { createWorkspace } from "../../sandbox/pulumi/workspace";
import { tenantsCommand } from "../../test/support/tenants-command";
import type { Work } from "../work/case";
import { customersOf } from "./customers";
import type { Peer } from "./peer";
import { lastWords } from "./pulumi-peer";
import { settingsFor } from "./stack";

const repositoryRoot = path.resolve(__dirname, "../..");
const stage = "dev";

/**
 * The approximate number of customers per stack: the cost of a stack grows with its square, and each stack costs a
 * start.
 */
const customersPerStack = 40;

const commands: Readonly<Record<Work, readonly string[]>> = {
  create: ["up"],
  unchanged: ["up"],
  refresh: ["refresh"],
  added: ["up"],
  destroy: ["destroy", "--yes"],
};

/** This project's program on many stacks, by `tenants fleet`. */
export const fleet: Peer = {
  name: "fleet",
  title: "this project, as a fleet",
  description: `the same by \`tenants fleet\`, on stacks of about ${customersPerStack} customers`,
  floor: undefined,
  // Below that it is one stack.
  sizes: { from: 2 * customersPerStack },
  async prepare(site, customers) {
    const { pulumi, aws, sandbox } = site;
    const folder = await mkdtemp(path.join(tmpdir(), "bench-fleet-"));
    for (const part of ["stacks", "provider", "node_modules"]) {
      await symlink(path.join(repositoryRoot, part), path.join(folder, part));
    }
    const bits = Math.max(0, Math.round(Math.log2(customers / customersPerStack)));
    await writeFile(path.join(folder, "Pulumi.yaml"), projectFile(bits));
    const declare = (count: number): ConfigOverrides => ({
      "tenants:customers": customersOf(count).map((customer) => ({ ...customer })),
    });
    const workspace = await createWorkspace({
      pulumi,
      stack: stage,
      projectDir: folder,
      config: {
        ...aws.config,
        ...settingsFor(site, folder),
        "tenants:secretPrefix": `fleet-${randomUUID().slice(0, 8)}`,
        "tenants:quota": 1_000_000,
        ...declare(customers),
      },
      env: { ...aws.env, TENANTS_PRIVATE_KEY: sandbox.privateKeyPem },
      ...(aws.pluginsFolder === undefined ? {} : { pluginsFolder: aws.pluginsFolder }),
    });
    return {
      async run(work, wanted) {
        await workspace.configure(declare(wanted));
        const args = ["fleet", ...commands[work], "--stage", stage];
        const env = { ...process.env, ...workspace.env };
        const { exitCode, stdout, stderr } = await runProcess(
          process.execPath,
          [...tenantsCommand, ...args],
          {
            cwd: folder,
            env,
          },
        );
        if (exitCode !== 0) throw new Error(lastWords(`tenants ${args.join(" ")}`, stdout + stderr));
      },
      // It has many states: that of one stack is measured.
      state: () => Promise.resolve(undefined),
      async close() {
        await workspace.remove();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

function projectFile(bits: number): string {
  return `name: resistant-tenants
main: stacks/
runtime:
  name: nodejs
  options: { typescript: false }
fleet: { bits: ${bits} }
`;
}
