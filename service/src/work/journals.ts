import path from "node:path";

import { sql } from "kysely";
import { type Journal, openJournalAt, openJournalOf } from "pulumi-resistant-tenants/internal/journal";
import { messageOf, type Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import { type CopiedStack, copyJournal } from "../audit/journals";
import { awsOf } from "./vendor";
import type { Work } from "./work";

/** The oldest that a copy gets for a stack without known changes, in milliseconds. */
const copiedAgainMs = 3_600_000;

/** A file or S3 backend has one organization. */
const organization = "organization";

/**
 * Copies new events of the customers' journals, so that one search covers them and the service's events: the
 * web process cannot read the journals.
 */
export async function copyJournals(work: Work): Promise<void> {
  const { context, engines, environment } = work;
  const { settings } = context;
  const location = settings.work.journal;
  const stacks = (await changed(work)).map((one) => ({
    ...one,
    name: `${organization}/${engines.program.name}/${one.stack}`,
  }));
  // A file contains the journals of all stacks.
  if (path.isAbsolute(location) && stacks.length > 0) return copy(work, openJournalAt(location), stacks);
  for (const one of stacks) {
    const { directory } = engines.program;
    const aws = awsOf(settings, one.stage as Stage, environment);
    await copy(work, openJournalOf({ stack: one.name, location, directory, aws }), [one]);
  }
}

async function copy(work: Work, journal: Journal, stacks: readonly CopiedStack[]): Promise<void> {
  try {
    await copyJournal(work.context, journal, stacks);
  } catch (error) {
    for (const { stack } of stacks) await noteProblem(work, stack, messageOf(error));
    throw error;
  }
}

/** Finds the stacks that have changed since their journal was copied, by their last known update. */
async function changed({ context: { database, now } }: Work) {
  const before = new Date(now().getTime() - copiedAgainMs);
  return database
    .selectFrom("customers")
    .distinctOn("customers.stack")
    .leftJoin("journal_copies", "journal_copies.stack", "customers.stack")
    .select(["customers.stack", "customers.stage"])
    .select(
      sql<string | null>`coalesce(customers.outside_update->>'lastUpdate', customers.last_update)`.as(
        "lastUpdate",
      ),
    )
    .where((where) =>
      where.or([
        where("journal_copies.stack", "is", null),
        sql<boolean>`coalesce(customers.outside_update->>'lastUpdate', customers.last_update)
          is distinct from journal_copies.last_update`,
        where.and([where("copied_at", "<", before), where("status", "<>", "deleted")]),
      ]),
    )
    .where(
      sql<boolean>`not exists (select from customers later where later.stack = customers.stack
        and later.created_at > customers.created_at)`,
    )
    .orderBy("customers.stack")
    .execute();
}

async function noteProblem({ context }: Work, stack: string, problem: string): Promise<void> {
  const noted = { copied_at: context.now(), problem };
  await context.database
    .insertInto("journal_copies")
    .values({ stack, last_update: null, ...noted })
    .onConflict((conflict) => conflict.column("stack").doUpdateSet(noted))
    .execute();
}
