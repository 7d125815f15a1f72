import path from "node:path";

import { isOnDisk, type Journal, openJournalAt } from "pulumi-resistant-tenants/internal/journal";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { existingFolder } from "../stack/project-folder";
import { openStack, type Stack } from "../stack/stack";
import { type StackOptions, UsageError } from "../usage";

/** The options that say whose record is read. */
export interface SourceOptions extends StackOptions {
  journal?: string;
}

/** A journal that is read as an audit log. */
export interface Source {
  journal: Journal;
  /** The stack whose journal it is; undefined of one that was given by its place. */
  stack: Pick<Stack, "name" | "pulumi" | "auditLog" | "typed"> | undefined;
}

/**
 * Finds the journal that is asked for: the stack's own, or one at a place, such as a copy that an auditor was given, for
 * which neither `pulumi` nor the stack is needed.
 */
export async function findSource(options: SourceOptions, environment: EnvironmentVariables): Promise<Source> {
  const { journal: location } = options;
  if (location === undefined) {
    const stack = await openStack(options, environment);
    return { journal: stack.journal, stack };
  }
  if (options.stack !== undefined)
    throw new UsageError("--journal reads the journal at that place, whosever it is: leave --stack out.");
  const journal = isOnDisk(location)
    ? openJournalAt(path.resolve(existingFolder(options.cwd), location))
    : openJournalAt(location, readReach(environment).aws);
  return { journal, stack: undefined };
}

/** Says that there is no journal where one was said to be. */
export function nothingAt({ location }: Journal): Error {
  return new Error(
    `There is no journal at ${location}, or it is empty. Give the file, or s3://<bucket>/<prefix>/<organization>/<project>/<stack>.`,
  );
}

export const takenAway =
  "nothing is on record, and the stack holds tenants: the journal was taken away, or tenants:journal names another place now";
