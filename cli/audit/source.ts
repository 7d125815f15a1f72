import path from "node:path";
import { type AuditLog, isOnDisk, type Journal, openJournalAt } from "pulumi-resistant-tenants/journal";

import { readReach } from "pulumi-resistant-tenants/reach";

import type { StackOptions } from "../command";
import { UsageError } from "../exit-codes";
import type { Pulumi } from "../pulumi";
import { openStack } from "../stack";

/** The options that say whose record is read. */
export interface SourceOptions extends StackOptions {
  journal?: string;
}

/** A journal that is read as an audit log. */
export interface Source {
  journal: Journal;
  /** The stack whose journal it is; undefined of one that was given by its place. */
  stack: { name: string; pulumi: Pulumi; auditLog: AuditLog | undefined } | undefined;
}

/**
 * Finds the journal that is asked for: the stack's own, or one at a place, such as a copy that an auditor was given, for
 * which neither `pulumi` nor the stack is needed.
 */
export async function findSource(options: SourceOptions): Promise<Source> {
  const { journal: location, cwd = "." } = options;
  if (location === undefined) {
    const { journal, name, pulumi, auditLog } = await openStack(options);
    return { journal, stack: { name, pulumi, auditLog } };
  }
  if (options.stack !== undefined)
    throw new UsageError("--journal reads the journal at that place, whosever it is: leave --stack out.");
  const journal = isOnDisk(location)
    ? openJournalAt(path.resolve(cwd, location))
    : openJournalAt(location, readReach(process.env).aws);
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
