import { existsSync } from "node:fs";
import path from "node:path";

import type { Aws } from "../aws/aws";
import { TenantManagementError } from "../client/errors";
import { isCi } from "../organization/actor";
import type { EnvironmentVariables } from "../settings/environment";
import { openFileJournal } from "./file-journal";
import { withFormerNames } from "./former-names";
import type { Journal } from "./journal";
import { openS3Journal } from "./s3-journal";

/** Whose journal is asked for. */
export interface JournalPlace {
  /** `organization/project/stack`. */
  stack: string;
  /** `tenants:journal`: a file, relative to the project, or `s3://<bucket>/<prefix>`. Default: a file beside the stack. */
  location: string | undefined;
  /** A folder of the project: that of `Pulumi.yaml`, or one below it. */
  directory: string;
  /** How a journal in S3 is reached; not needed for one in a file. */
  aws?: Aws;
  /** Gives the other names that the stack's state tells: it was renamed, or moved. Default: none. */
  formerNames?: () => Promise<readonly string[]> | readonly string[];
}

/** Tells whether a journal lies on this machine's disk, and so goes with it. */
export function isOnDisk(location: string | undefined): boolean {
  return location?.startsWith("s3://") !== true;
}

/**
 * Tells what is wrong with where a journal is: on a CI runner, whose disk goes away, and with it what a repair after a
 * crash needs.
 *
 * @param isDiskKept `tenants:journalDiskIsKept`
 * @param environment the environment variables of this run
 * @returns what is wrong, and the remedy; undefined where nothing is
 */
export function journalProblem(
  location: string | undefined,
  isDiskKept: boolean | undefined,
  environment: EnvironmentVariables,
): string | undefined {
  if (!isOnDisk(location) || isDiskKept === true || !isCi(environment)) return undefined;
  return (
    "must be s3://<bucket>/<prefix> on a CI runner, whose disk goes away, and with it the journal that a repair after a crash needs; " +
    "or, if the disk is kept, set tenants:journalDiskIsKept to true"
  );
}

/** Says that a journal has nothing on record of a stack that holds something, what may come of that, and what to do. */
export function journalMissing({ location }: Pick<Journal, "location">): string {
  return (
    `the journal ${location} has nothing on record of this stack, which holds tenants already: it was lost, or it is on another machine, or this is not where it is (tenants:journal). ` +
    "If an earlier update was killed, an `up` cannot find again what was left behind, and may make it twice: see `npm run tenants -- reconcile` first."
  );
}

/**
 * Opens the journal of a stack, where the configuration says, or by default `Pulumi.<stack>.journal.jsonl`; with it, what
 * the stack has on record under the names that it had before.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` where it lies in the project and there is no project
 */
export function openJournalOf(place: JournalPlace): Journal {
  const { stack, formerNames = () => [] } = place;
  return withFormerNames(openUnderName(place, stack), {
    stack,
    namesOfState: formerNames,
    open: (former) => openUnderName(place, former),
  });
}

function openUnderName({ location, directory, aws }: JournalPlace, stack: string): Journal {
  if (location !== undefined && !isOnDisk(location)) {
    return openJournalAt(`${location.replace(/\/+$/, "")}/${stack}`, aws);
  }
  const stackName = stack.slice(stack.lastIndexOf("/") + 1);
  const file = location ?? `Pulumi.${stackName}.journal.jsonl`;
  return openJournalAt(path.isAbsolute(file) ? file : path.resolve(projectDirectory(directory), file));
}

/**
 * Opens the journal at a place, whosever it is: a file's path, or `s3://<bucket>/<prefix of the stack>`.
 *
 * @param aws how S3 is reached; not needed for a file
 */
export function openJournalAt(location: string, aws?: Aws): Journal {
  if (isOnDisk(location)) return openFileJournal(location);
  if (aws === undefined) throw new TypeError("A journal in S3 is opened with a way to reach AWS.");
  return openS3Journal(location, aws);
}

/** Finds the project's folder: the engine runs a provider in the program's, which may lie below it. */
function projectDirectory(start: string): string {
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if (["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(path.join(folder, name)))) return folder;
    if (path.dirname(folder) === folder) break;
  }
  throw new TenantManagementError(
    "INPUT_INVALID",
    `There is no Pulumi.yaml in ${start} or a folder above it, so the journal of the stack cannot be found. ` +
      "Run the command in the project's folder, or set tenants:journal to an absolute path or to s3://<bucket>/<prefix>.",
  );
}
