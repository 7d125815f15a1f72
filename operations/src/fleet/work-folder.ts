import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pid } from "node:process";

import { stackFileOf } from "pulumi-resistant-tenants/internal/project-file";
import { fleetBitsIn, fleetStacks, oncePer } from "pulumi-resistant-tenants/internal/vocabulary";
import { parseAsWritten } from "resistant-tenants-stacks/yaml-file";
import { isMap, isScalar } from "yaml";

import { isRunning } from "../stack/lock";
import { type Encryption, makeAnew, stackFileIn, writeStackFile } from "../stack/stack-file";
import { type Project, projectFileOf } from "./project";
import { type FleetStack, type FleetStage, isOfCustomers } from "./stage";

/** The folder in which the engine works on one stack: a project that runs the program, and the engine's output. */
export interface WorkFolder {
  directory: string;
  /** Where `pulumi` is run. */
  project: string;
  stackFile: string;
}

const prefix = "resistant-tenants-fleet-";

/** Creates the folder for a fleet's work folders, and deletes those of killed fleets. */
export async function makeFleetFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const owner = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (owner > 0 && !isRunning(owner)) await removeIfUnused(path.join(tmpdir(), name));
  }
  return mkdtemp(path.join(tmpdir(), `${prefix}${pid}-`));
}

/** An engine may continue after its fleet was killed: it saves its state, and then ends. */
async function removeIfUnused(folder: string): Promise<void> {
  const stacks = await readdir(folder).catch(() => []);
  const engines = await Promise.all(
    stacks.map((stack) => readFile(path.join(folder, stack, engineFile), "utf8").catch(() => "")),
  );
  if (!engines.some((id) => Number(id) > 0 && isRunning(Number(id))))
    await rm(folder, { recursive: true, force: true });
}

/** Contains the id of the engine's process. */
export const engineFile = "engine.pid";

/**
 * Creates the folder of a stack. Its customers are in files: the engine passes a stack's configuration in one
 * variable, which has room for about 250.
 *
 * @param encryption how the stack's secrets are encrypted; undefined to use the stage's file
 */
export async function makeWorkFolder(
  fleetFolder: string,
  stage: FleetStage,
  stack: FleetStack,
  encryption: Encryption | undefined,
): Promise<WorkFolder> {
  const directory = path.join(fleetFolder, stack.name);
  const project = path.join(directory, "project");
  const { folder, main } = stage.project;
  await makeAnew(directory);
  await mkdir(path.join(project, main), { recursive: true, mode: 0o700 });
  await mkdir(path.join(project, "customers"));
  const work = { directory, project, stackFile: stackFileIn(project, stack.name) };
  await Promise.all([
    writeFile(path.join(project, "Pulumi.yaml"), await projectFile(stage.project)),
    writeFile(
      path.join(project, main, "index.js"),
      `module.exports = require(${JSON.stringify(path.join(folder, main))});\n`,
    ),
    symlink(path.join(folder, "node_modules"), path.join(project, "node_modules")),
    linkJournals(stage, stack, project),
    writeStackFile(
      work.stackFile,
      { ...Object.fromEntries(stage.others), ...encryption },
      configurationOf(stage, stack),
    ),
    ...stack.customers.map(({ configuration: { name }, entry }) =>
      // The engine uses names that begin like a customer named pulumi.
      writeFile(path.join(project, "customers", `customer-${name}.yaml`), JSON.stringify(entry)),
    ),
  ]);
  return work;
}

/**
 * Returns the configuration of a stack: the stage's, with a journal whose location does not depend on the
 * work folder.
 */
function configurationOf(stage: FleetStage, { customers }: FleetStack): Record<string, unknown> {
  const journal = stage.values.get("tenants:journal");
  const isRelative = typeof journal === "string" && !journal.startsWith("s3://") && !path.isAbsolute(journal);
  return {
    ...Object.fromEntries(stage.ownValues),
    ...(isRelative ? { "tenants:journal": path.join(stage.project.folder, journal) } : {}),
    ...(customers.length === 0
      ? { "tenants:customers": [] }
      : { "tenants:customersFrom": "customers/*.yaml" }),
  };
}

/**
 * Returns the file of a stack's project, as YAML. Customers in it are assigned to stacks like the stage's own, and the
 * stack's file is beside it.
 */
async function projectFile({ folder, name }: Project): Promise<string> {
  const document = parseAsWritten(await readFile(projectFileOf(folder), "utf8"));
  document.delete("stackConfigDir");
  // Its former name.
  if (isScalar(document.get("config", true))) document.delete("config");
  const config: unknown = document.get("config");
  for (const key of isMap(config) ? config.items.map((pair) => String(pair.key)) : [])
    if (isOfCustomers(key, name)) document.deleteIn(["config", key]);
  return document.toString();
}

/**
 * The default journal of a stack is beside `Pulumi.yaml`; the journals of stacks that it was split from, and those of
 * its former names, are read, too.
 */
async function linkJournals(stage: FleetStage, stack: FleetStack, project: string): Promise<void> {
  const {
    name,
    bits,
    project: { folder },
  } = stage;
  const former = Array.from({ length: bits }, (_, fewer) => fleetStacks(name, fewer))
    .flat()
    .filter((earlier) => earlier === name || stack.name.startsWith(earlier));
  const digits = stack.name.slice(name.length + 1);
  const renamed = namesOfNoStack(stage).filter(
    (each) => bits === 0 || digits.startsWith(/-([01]+)$/.exec(each)?.[1] ?? ""),
  );
  for (const each of new Set([stack.name, ...former, ...renamed])) {
    const file = `Pulumi.${each}.journal.jsonl`;
    await symlink(path.join(folder, file), path.join(project, file));
  }
}

/**
 * Returns the names that have a journal and are no stack of the project any more: a stack of the stage may have had one
 * of them, since a rename also renames the stack's file.
 */
const namesOfNoStack = oncePer(({ name: stage, project: { folder } }: FleetStage): string[] => {
  const isStack = (name: string): boolean =>
    [name, name.replace(/-[01]+$/, "")].some((each) => existsSync(stackFileOf(folder, each)));
  return readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.journal\.jsonl$/.exec(file)?.[1] ?? [])
    .filter((name) => fleetBitsIn(stage, name) === undefined && !isStack(name));
});
