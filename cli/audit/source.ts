import path from "node:path";
import { type Entry, isOnDisk, type Journal, openJournalAt } from "pulumi-resistant-tenants/journal";

import type { StackOptions } from "../command";
import { UsageError } from "../exit-codes";
import { openStack } from "../stack";
import { readState } from "../state";

/** The options that say whose record is read. */
export interface SourceOptions extends StackOptions {
  journal?: string;
}

/** A journal that is read as an audit log. */
export interface Source {
  journal: Journal;
  entries: Entry[];
  /** Why it cannot be that nothing is there; undefined where something is, or nothing need be. */
  missing: string | undefined;
}

/**
 * Reads the journal that is asked for: the stack's own, or one at a place, such as a copy that an auditor was given,
 * for which neither `pulumi` nor the stack is needed.
 *
 * @throws where there is none at the place
 */
export async function readSource(options: SourceOptions): Promise<Source> {
  const { journal: location, cwd = "." } = options;
  if (location === undefined) {
    const { journal, pulumi } = await openStack(options);
    const entries = await journal.entries();
    const isMissing = entries.length === 0 && (await readState(pulumi, undefined)).tenants.length > 0;
    return { journal, entries, missing: isMissing ? takenAway : undefined };
  }
  if (options.stack !== undefined)
    throw new UsageError("--journal reads the journal at that place, whosever it is: leave --stack out.");
  const journal = openJournalAt(isOnDisk(location) ? path.resolve(cwd, location) : location);
  const entries = await journal.entries();
  if (entries.length === 0)
    throw new Error(
      `There is no journal at ${journal.location}, or it is empty. Give the file, or s3://<bucket>/<prefix>/<organization>/<project>/<stack>.`,
    );
  return { journal, entries, missing: undefined };
}

const takenAway =
  "nothing is on record, and the stack holds tenants: the journal was taken away, or tenants:journal names another place now";
