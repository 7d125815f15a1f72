import path from "node:path";

import { findProjectFolder, projectFileIn } from "pulumi-resistant-tenants/internal/project-file";
import {
  allowedHostsIn,
  type ConfigurationProblem,
  type EnvironmentVariables,
} from "pulumi-resistant-tenants/internal/settings";
import { parseJson } from "pulumi-resistant-tenants/internal/vocabulary";
import type { StackConfiguration } from "resistant-tenants-stacks/configuration";
import type { CustomerEntry } from "resistant-tenants-stacks/customer-files";

import { readProject } from "../fleet/project";
import {
  type ConfigurationFile,
  holdsSecret,
  readProjectFile,
  withLengthsOfSecrets,
  withProjectValues,
} from "./file";

const namespace = "tenants:";

/**
 * Checks a stack's configuration file as the program does, but without the engine. Secrets cannot be read
 * here and count as valid.
 *
 * @param environment the environment variables that allow hosts
 * @returns Resolves with all problems.
 */
export async function problemsOf(
  configuration: ConfigurationFile,
  environment: EnvironmentVariables,
): Promise<ConfigurationProblem[]> {
  const folder = folderOf(configuration);
  const { problems, tooLarge } = await readWithoutEngine(configuration, environment, folder);
  if (tooLarge === undefined || (await isOfFleet(configuration, folder))) return problems;
  return [...problems, { path: configuration.file, problem: tooLarge }];
}

/** Returns whether a file is that of a stage with many stacks, each of which gets only its own customers. */
async function isOfFleet({ file }: ConfigurationFile, folder: string): Promise<boolean> {
  const stage = /^Pulumi\.(.+)\.\w+$/.exec(path.basename(file))?.[1];
  if (stage === undefined || projectFileIn(folder) === undefined) return false;
  return (await readProject(folder)).bitsOf(stage) > 0;
}

/** Returns the project's folder, in which a stack's file may be in a folder of its own (`stackConfigDir`). */
export function folderOf({ file }: Pick<ConfigurationFile, "file">): string {
  const folder = path.dirname(path.resolve(file));
  return findProjectFolder(folder) ?? folder;
}

/** Returns the pattern of the customers' files (`tenants:customersFrom`), which `Pulumi.yaml` may contain as well. */
export async function customersFromOf(configuration: ConfigurationFile): Promise<string | undefined> {
  const project = await readProjectFile(folderOf(configuration));
  const values = withProjectValues(configuration.values, project);
  const pattern = values.get("tenants:customersFrom");
  return typeof pattern === "string" ? pattern : undefined;
}

/** A stack's configuration file, read without the engine. */
export interface ReadWithoutEngine {
  /** All problems except its size. */
  problems: ConfigurationProblem[];
  /** Reports that the engine cannot pass it to a program, or will soon be unable to; otherwise absent. */
  tooLarge?: string;
  /** Absent if there are problems, or if the rest depends on a secret. */
  configuration?: StackConfiguration;
  /** The values of `Pulumi.yaml` and of the file, as written. */
  values: ReadonlyMap<string, unknown>;
  /** The customers as written, in the file and in the files of `customersFrom`. */
  entries: ReadonlyArray<{ value: unknown; path: string }>;
}

/**
 * Reads and checks a stack's configuration file as the program does, but without the engine.
 *
 * @param environment the environment variables that allow hosts
 * @param projectFolder the folder of `Pulumi.yaml`
 */
export async function readWithoutEngine(
  configuration: ConfigurationFile,
  environment: EnvironmentVariables,
  projectFolder: string,
): Promise<ReadWithoutEngine> {
  // The program's package loads the engine's SDK, which is slow.
  const { readConfiguration, regionMissing } = await import("resistant-tenants-stacks/configuration");
  const { readCustomerFiles } = await import("resistant-tenants-stacks/customer-files");
  const { customerLocator, sizeWarning } = await import("resistant-tenants-stacks/stack-file");
  const { plainScalarOf, textOf, unquotedProblem } = await import("resistant-tenants-stacks/text-keys");
  const folder = path.resolve(projectFolder);
  const project = await readProjectFile(folder);
  const all = withProjectValues(configuration.values, project);
  const secrets = [...all].filter(([, value]) => holdsSecret(value)).map(([key]) => key);
  const readable = [...all].filter(([key]) => !secrets.includes(key));
  const own = readable.filter(([key]) => key.startsWith(namespace));
  const ofFiles: CustomerEntry[] = [];
  const region = all.get("aws:region");
  const read = readConfiguration(
    new Map([
      // An encrypted value counts as present; its content does not matter here.
      ...(secrets.includes("tenants:tokenUrl") ? [["tokenUrl", "https://eu.id.resistant.ai/"] as const] : []),
      ...own.map(([key, value]) => [key.slice(namespace.length), textOf(value)] as const),
    ]),
    {
      awsRegion: typeof region === "string" ? region : undefined,
      otherKeys: [...all.keys()].filter((key) => !key.startsWith(namespace)),
      readFiles: (pattern) => {
        const files = readCustomerFiles(pattern, folder);
        ofFiles.push(...files.entries);
        return files;
      },
      locate: customerLocator(configuration.file),
      allowedHosts: allowedHostsIn(environment),
      aws: (key) => {
        const name = `aws:${key}`;
        return secrets.includes(name) || !all.has(name) ? undefined : textOf(all.get(name));
      },
    },
  );
  const isElsewhere = (key: string): boolean => hasEnvironments(configuration) && !all.has(key);
  const isRegionGiven = secrets.includes("aws:region") || isElsewhere("aws:region");
  const found = ("problems" in read ? read.problems : []).filter(
    ({ path: where, problem }) =>
      !(/^tenants:\w+$/.test(where) && isElsewhere(where)) && !(isRegionGiven && problem === regionMissing),
  );
  const written = { stack: configuration.written, project };
  const size = sizeWarning(
    Object.fromEntries([...all].map(([key, value]) => [key, textOf(withLengthsOfSecrets(value))])),
  );
  const problems = [
    ...found.filter(({ path: where }) => !secrets.includes(where)),
    // In the own namespace, it is an unknown key.
    ...[...all.keys()]
      .filter((key) => /:.*:/.test(key) && !key.startsWith(namespace))
      .map((key) => ({ path: key, problem: "is not a key to the engine: write <namespace>:<name>" })),
    // The program receives YAML's value: only the file shows that it was written as a number or a date.
    ...own.flatMap(([key]) =>
      found.some(({ path: where }) => where === key)
        ? []
        : (unquotedProblem(key, plainScalarOf(key, written)) ?? []),
    ),
  ];
  const listed = all.get("tenants:customers");
  // A list may be written as JSON, as `pulumi config set` stores it.
  const list = typeof listed === "string" ? parseJson(listed) : listed;
  const inFile: unknown[] = Array.isArray(list) ? list : [];
  return {
    problems,
    ...(size === undefined ? {} : { tooLarge: size }),
    ...("problems" in read ? {} : { configuration: read.configuration }),
    values: all,
    entries: [...inFile.map((value, index) => ({ value, path: `tenants:customers[${index}]` })), ...ofFiles],
  };
}

/**
 * Returns whether environments of Pulumi Cloud also give the stack values: a key that the file lacks may be there.
 *
 * @see {@link https://www.pulumi.com/docs/esc/guides/integrate-with-pulumi-iac/ Pulumi, environments of a stack}
 */
function hasEnvironments({ others }: ConfigurationFile): boolean {
  const environment = others.get("environment");
  return typeof environment === "object" && environment !== null && Object.keys(environment).length > 0;
}
