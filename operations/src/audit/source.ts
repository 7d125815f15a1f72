import path from "node:path";

import { isOnDisk, type Journal, openJournalAt } from "pulumi-resistant-tenants/internal/journal";
import { readReach } from "pulumi-resistant-tenants/internal/reach";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { existingFolder } from "../stack/project-folder";
import type { StackOptions } from "../stack/pulumi";
import { openStack, type Stack } from "../stack/stack";
import { UsageError } from "../usage";

/** Selects whose record to read. */
export interface SourceOptions extends StackOptions {
  journal?: string;
}

/** A journal that is read as an audit log. */
export interface Source {
  journal: Journal;
  /** The journal's stack; undefined if the journal was given by its location. */
  stack: Pick<Stack, "name" | "pulumi" | "auditLog" | "typed"> | undefined;
}

/**
 * Finds the requested journal: the stack's own, or one at a given location, such as an auditor's copy, which
 * needs neither `pulumi` nor the stack.
 */
export async function findSource(options: SourceOptions, environment: EnvironmentVariables): Promise<Source> {
  const { journal: location } = options;
  if (location === undefined) {
    const stack = await openStack(options, environment);
    return { journal: stack.journal, stack };
  }
  if (options.stack !== undefined)
    throw new UsageError(
      "--journal reads the journal at that location, whichever stack it belongs to: omit --stack.",
    );
  const journal = isOnDisk(location)
    ? openJournalAt(path.resolve(existingFolder(options.cwd), location))
    : openJournalAt(location, readReach(environment).aws);
  return { journal, stack: undefined };
}

/** Returns the error for a location without a journal. */
export function nothingAt({ location }: Journal): Error {
  return new Error(
    `There is no journal at ${location}, or it is empty. Name the file, or s3://<bucket>/<prefix>/<organization>/<project>/<stack>.`,
  );
}

/** The defect of an empty journal whose stack has tenants. */
export const takenAway =
  "nothing is recorded, but the stack has tenants: the journal was removed, or tenants:journal now names another location";
