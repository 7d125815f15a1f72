import path from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { type Clock, openClock } from "pulumi-resistant-tenants/internal/clock";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { journalProblem } from "pulumi-resistant-tenants/internal/journal";
import type { EnvironmentVariables, OwnProcess } from "pulumi-resistant-tenants/internal/own-process";
import { type HeldResource, stackName } from "pulumi-resistant-tenants/internal/own-stack";
import { stackFileOf } from "pulumi-resistant-tenants/internal/project-file";
import { type Aws, readReach } from "pulumi-resistant-tenants/internal/reach";
import {
  allowedHostsIn,
  type ConfigurationProblem,
  describeProblems,
  type ProviderSettings,
} from "pulumi-resistant-tenants/internal/settings";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { readConfiguration, type StackConfiguration } from "../configuration/configuration";
import { readCustomerFiles } from "../configuration/customer-files";
import { customerLocator, projectFolder, unquotedText } from "../configuration/stack-file";
import { ProgramRecord } from "../record/program-record";

/** The start of a program's run: what it is given, before it has read or requested anything. */
export interface ProgramStart {
  /** `organization/project/stack`. */
  stack: string;
  environment: EnvironmentVariables;
  /** The folder in which the program runs. */
  directory: string;
  /** The folder of `Pulumi.yaml`. */
  folder: string;
  /** The stack's file: `Pulumi.prod.yaml`. */
  stackFile: string;
  configuration: StackConfiguration;
  settings: ProviderSettings;
  /** Access to AWS, configured like the stack's AWS provider. */
  aws: Aws;
  /** The clock by which credentials age. */
  clock: Clock;
}

/** One run of the program on one stack. It is passed as an argument to everything that needs a part of it. */
export interface ProgramRun extends ProgramStart {
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  record: ProgramRecord;
}

/**
 * Reads the input of a program's run.
 *
 * @param process how its process was started
 * @throws `pulumi.RunError` with all problems of the configuration
 */
export function startProgram({ environment, directory }: OwnProcess): ProgramStart {
  const folder = projectFolder(directory);
  const stackFile = stackFileIn(folder, environment);
  const configuration = readOwnConfiguration({ environment, folder, stackFile });
  const { settings } = configuration;
  const all = pulumi.runtime.allConfig();
  const { aws } = orRefuse(() => readReach(environment, (key) => all[`aws:${key}`]));
  const clock = orRefuse(() => openClock(settings.apiUrl, environment));
  return {
    stack: stackName(),
    environment,
    directory,
    folder,
    stackFile,
    configuration,
    settings,
    aws,
    clock,
  };
}

/** @param held the resources of the stack at the end of its last update */
export function beginRun(start: ProgramStart, held: readonly HeldResource[]): ProgramRun {
  return { ...start, held, record: new ProgramRecord({ ...start, held }) };
}

/** Returns the file that the environment names, or else the stack's own. */
function stackFileIn(folder: string, environment: EnvironmentVariables): string {
  const given = environment["PULUMI_OPTION_CONFIG_FILE"] ?? "";
  return given === "" ? stackFileOf(folder, pulumi.getStack()) : path.resolve(folder, given);
}

function readOwnConfiguration({
  environment,
  folder,
  stackFile,
}: Pick<ProgramStart, "environment" | "folder" | "stackFile">): StackConfiguration {
  const prefix = "tenants:";
  const all = pulumi.runtime.allConfig();
  const values = new Map(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const read = readConfiguration(values, {
    awsRegion: all["aws:region"],
    otherKeys: Object.keys(all).filter((key) => !key.startsWith(prefix)),
    readFiles: (pattern) => readCustomerFiles(pattern, folder),
    locate: customerLocator(stackFile),
    allowedHosts: allowedHostsIn(environment),
    aws: (key) => all[`aws:${key}`],
  });
  const found =
    "problems" in read ? read.problems : journalProblems(read.configuration.settings, environment);
  const known = new Set(found.map(({ path: where }) => where));
  const problems = [
    ...found,
    ...unquotedText(stackFile, folder, all).filter(({ path: where }) => !known.has(where)),
  ];
  if ("problems" in read || problems.length > 0) throw refusal(describeProblems(problems));
  return read.configuration;
}

/** The provider refuses the same, but only when it reaches the first tenant. */
function journalProblems(
  { journal, journalDiskIsKept }: ProviderSettings,
  environment: EnvironmentVariables,
): ConfigurationProblem[] {
  const problem = journalProblem(journal, journalDiskIsKept, environment);
  return problem === undefined ? [] : [{ path: "tenants:journal", problem }];
}

function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refusal(messageOf(error));
  }
}
