import path from "node:path";

import type { Aws } from "../aws/aws";
import { TenantManagementError } from "../client/errors";
import { isCi } from "../settings/actor";
import type { EnvironmentVariables } from "../settings/own-process";
import { findProjectFolder } from "../settings/project-file";
import type { RecordedAs } from "./chain";
import { isAt, openFileJournal } from "./file-journal";
import { withFormerNames } from "./former-names";
import type { Journal } from "./journal";
import { openS3Journal } from "./s3-journal";

/** Selects a stack's journal. */
export interface JournalPlace {
  /** `organization/project/stack`. */
  stack: string;
  /** `tenants:journal`: a file, relative to the project, or `s3://<bucket>/<prefix>`. Default: a file beside the stack. */
  location: string | undefined;
  /** A folder of the project: that of `Pulumi.yaml`, or one below it. */
  directory: string;
  /** How a journal in S3 is reached; not needed for one in a file. */
  aws?: Aws;
  /** Returns the stack's other names in its state: it was renamed or moved. Default: none. */
  formerNames?: () => Promise<readonly string[]> | readonly string[];
}

/** Returns whether a journal is on this machine's disk, and is lost with it. */
export function isOnDisk(location: string | undefined): boolean {
  return location?.startsWith("s3://") !== true;
}

/**
 * Returns the problem with a journal's location: a CI runner's disk is discarded, and with it what a repair after a
 * crash needs.
 *
 * @param isDiskKept `tenants:journalDiskIsKept`
 * @param environment the environment variables of this run
 * @returns what is wrong, and the remedy; undefined if nothing is
 */
export function journalProblem(
  location: string | undefined,
  isDiskKept: boolean | undefined,
  environment: EnvironmentVariables,
): string | undefined {
  if (!isOnDisk(location) || isDiskKept === true || !isCi(environment)) return undefined;
  return (
    "must be s3://<bucket>/<prefix> on a CI runner: its disk is lost, and with it the journal that a repair after a crash needs; " +
    "or, if the disk outlives the run, set tenants:journalDiskIsKept to true"
  );
}

/** Warns that a journal has no record of a stack that contains something, with the consequences and what to do. */
export function journalMissing({ location }: Pick<Journal, "location">): string {
  return (
    `the journal ${location} records nothing of this stack, which already has tenants: the journal was lost, is on another machine, or is elsewhere (tenants:journal). ` +
    "If an earlier update was killed, an `up` cannot find what it left behind, and may create it twice: run `npm run tenants -- reconcile` first."
  );
}

/** Warns that a journal lacks an object of the state, with the likely causes and what to do. */
export function journalOutdated(
  { location }: Pick<Journal, "location">,
  { at }: Pick<RecordedAs, "at">,
): string {
  return (
    `the journal ${location} lacks what the state contains, such as an object recorded ${at}: an earlier version of it was restored (git checkout, stash or reset, a backup), or it is another stack's (tenants:journal). ` +
    "Restore its last version. Without it an `up` cannot find what a killed update left behind, and may create it twice: run `npm run tenants -- reconcile` first."
  );
}

/** Returns whether a journal contains an event, under any name of its stack. */
export async function isOnRecord(journal: Journal, event: RecordedAs): Promise<boolean> {
  // Its end is enough, as a rule; a long journal need not be in memory as a whole.
  if ((await journal.readFrom(event)) !== undefined) return true;
  for await (const entries of journal.stream()) if (entries.some((entry) => isAt(entry, event))) return true;
  return false;
}

/**
 * Opens the journal of a stack at its configured location, or by default `Pulumi.<stack>.journal.jsonl`; with
 * it, the stack's record under its former names.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` if it is in the project and there is no project
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
 * Opens the journal of any stack by its location: a file's path, or `s3://<bucket>/<prefix of the stack>`.
 *
 * @param aws how S3 is reached; not needed for a file
 */
export function openJournalAt(location: string, aws?: Aws): Journal {
  if (isOnDisk(location)) return openFileJournal(location);
  if (aws === undefined) throw new TypeError("A journal in S3 needs access to AWS.");
  return openS3Journal(location, aws);
}

/** Finds the project's folder: the engine runs a provider in the program's folder, which may be below it. */
function projectDirectory(start: string): string {
  const folder = findProjectFolder(start);
  if (folder !== undefined) return folder;
  throw new TenantManagementError(
    "INPUT_INVALID",
    `There is no Pulumi.yaml in ${start} or a folder above it, so the journal of the stack cannot be found. ` +
      "Run the command in the project's folder, or set tenants:journal to an absolute path or to s3://<bucket>/<prefix>.",
  );
}
