import type { Command } from "commander";

import { type MakeCommand, stackCommand } from "../command";
import type { ReconcileOptions } from "../commands/reconcile";

const help = `
Nothing is changed without --fix. With it, what a killed update left behind is cleared away: applications that nobody
can use because their secret was lost, empty secrets, the lock and the pending creates; and how a delete or a release
ended that was cut off, and that no update comes back to, is written down. Each is recorded in the journal.
A tenant is never deleted, nor an application that somebody may use.`;

/** Declares `tenants reconcile`: compares the journal, the state and the API, and tells what to do. */
export const reconcileCommand: MakeCommand = (exit): Command =>
  stackCommand(
    "reconcile",
    "Compare the journal, the state and the API: what is orphaned, lost or unmanaged.",
  )
    .option("--file <path>", "a state that `pulumi stack export` wrote, instead of the stack's own")
    .option("--markdown", "write the findings as Markdown, for an issue")
    .option("--fix", "clear away what a killed update left behind, after asking")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .addHelpText("after", help)
    .action(async (options: ReconcileOptions) => {
      const { reconcile } = await import("../commands/reconcile.js");
      exit(await reconcile(options));
    });
