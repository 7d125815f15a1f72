import path from "node:path";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { z } from "zod";

import { absoluteUrl, openBackendFiles } from "../stack/backend-files";
import { projectFolderOf } from "../stack/project-folder";
import { type Pulumi, pulumiFor } from "../stack/pulumi";
import { type Project, readProject } from "./project";
import { type FleetState, openStates, type States } from "./states";

/** Selects a stage of a project. */
export interface FleetOptions {
  /** Its name on the command line: `prod`. */
  stage: string;
  /** The project's folder, or one below it; default: the current folder. */
  cwd?: string;
  /** The stage's file; default: the one in `PULUMI_OPTION_CONFIG_FILE`, else `Pulumi.<stage>.yaml`. */
  configFile?: string;
}

/** How many states are read at once if each needs a command of the engine. */
const statesAtOnce = 8;

/** The project's stacks, and access to their states. */
export interface Backend {
  project: Project;
  url: string;
  /** Runs the engine in the project's folder; each command names its stack. */
  pulumi: Pulumi;
  states: States;
  /** Reads the states of some existing stacks. */
  readAll: (stacks: readonly string[]) => Promise<Map<string, FleetState>>;
}

/** Opens the backend of a project. */
export async function openBackend(
  options: Pick<FleetOptions, "cwd">,
  environment: EnvironmentVariables,
): Promise<Backend> {
  const project = await projectOf(options);
  const pulumi = pulumiFor(undefined, project.folder, environment);
  const url = await backendOf(pulumi, project.folder, environment);
  const states = openStates(project.name, await openBackendFiles(url, environment), pulumi);
  const readAll = async (stacks: readonly string[]): Promise<Map<string, FleetState>> => {
    const left = [...stacks].sort();
    const read = new Map<string, FleetState>();
    const reader = async (): Promise<void> => {
      for (let stack = left.shift(); stack !== undefined; stack = left.shift())
        read.set(stack, await states.read(stack));
    };
    await Promise.all(Array.from({ length: statesAtOnce }, reader));
    return read;
  };
  return { project, url, pulumi, states, readAll };
}

/** Finds the selected project. */
export async function projectOf({ cwd }: Pick<FleetOptions, "cwd">): Promise<Project> {
  const { projectFolder } = await import("resistant-tenants-stacks/stack-file");
  return readProject(projectFolder(projectFolderOf(cwd === undefined ? {} : { cwd })));
}

/** Returns the stage's file if one is named; undefined for the default. */
export function stageFileOf(
  { configFile }: Pick<FleetOptions, "configFile">,
  { folder }: Project,
  { PULUMI_OPTION_CONFIG_FILE: ofEnvironment }: EnvironmentVariables,
): string | undefined {
  const given = configFile ?? ofEnvironment;
  return given === undefined || given === "" ? undefined : path.resolve(folder, given);
}

/** Each stack has its own folder, so paths relative to the project's folder are made absolute. */
async function backendOf(
  pulumi: Pulumi,
  folder: string,
  { PULUMI_BACKEND_URL: given }: EnvironmentVariables,
): Promise<string> {
  const url =
    given === undefined || given === ""
      ? z
          .object({ url: z.string() })
          .parse(JSON.parse(await pulumi.runWithoutStack(["whoami", "--verbose", "--json"]))).url
      : given;
  return absoluteUrl(url, folder);
}
