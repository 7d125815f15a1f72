import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { operationsAtOnce } from "../../operations/src/fleet/engine";
import type { ConfigOverrides } from "../../sandbox/pulumi/config-file";
import { createWorkspace } from "../../sandbox/pulumi/workspace";
import type { Work } from "../work/case";
import type { Site, Subject } from "./peer";

/** What differs between the programs that run on Pulumi's engine. */
export interface PulumiProgram {
  /** The folder with its `Pulumi.yaml`. */
  readonly projectDir: string;
  /** Returns its configuration; files other than its state belong in the folder. */
  readonly config: (folder: string) => ConfigOverrides;
  readonly env?: Readonly<Record<string, string>>;
  /** Returns the configuration that declares a number of customers. */
  readonly declare: (customers: number) => ConfigOverrides;
}

const commands: Readonly<Record<Work, readonly string[]>> = {
  create: ["up", "--yes", "--skip-preview"],
  unchanged: ["up", "--yes", "--skip-preview", "--expect-no-changes"],
  refresh: ["refresh", "--yes", "--skip-preview", "--expect-no-changes"],
  added: ["up", "--yes", "--skip-preview"],
  destroy: ["destroy", "--yes", "--skip-preview"],
};

/** Creates a stack of a program on the file backend. */
export async function preparePulumi(
  { pulumi, aws }: Site,
  program: PulumiProgram,
  customers: number,
): Promise<Subject> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  const workspace = await createWorkspace({
    pulumi,
    stack: "bench",
    projectDir: program.projectDir,
    config: { ...aws.config, ...program.config(folder), ...program.declare(customers) },
    env: { ...aws.env, PULUMI_PARALLEL: operationsAtOnce, ...program.env },
    ...(aws.pluginsFolder === undefined ? {} : { pluginsFolder: aws.pluginsFolder }),
  });
  let declared = customers;
  return {
    async run(work, wanted) {
      if (wanted !== declared) {
        await workspace.configure(program.declare(wanted));
        declared = wanted;
      }
      const args = commands[work];
      const { exitCode, stdout, stderr } = await workspace.run(args);
      if (exitCode !== 0) throw new Error(lastWords(`pulumi ${args.join(" ")}`, stdout + stderr));
    },
    state: () => checkpoint(path.join(workspace.directory, "state/.pulumi/stacks")),
    async close() {
      await workspace.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Returns the end of a tool's output, which contains why it failed. */
export function lastWords(command: string, printed: string): string {
  const lines = printed.trim().split("\n");
  const first = lines.findIndex((line) => /error/i.test(line));
  // A message of several lines lists the problems below its first line.
  const said = first === -1 ? lines.slice(-3) : lines.slice(first, first + 6);
  return [`${command} failed:`, ...said].join("\n  ");
}

/** Reads the one checkpoint in a folder of the file backend, as it is stored. */
async function checkpoint(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  const file = files.find((name) => name.endsWith(".json"));
  if (file === undefined) throw new Error(`There is no state in ${folder}.`);
  return readFile(path.join(folder, file), "utf8");
}
