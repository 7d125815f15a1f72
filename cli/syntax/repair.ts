import type { Command } from "commander";

import { type MakeCommand, stackCommand } from "../command";
import type { ReconcileOptions } from "../commands/reconcile";
import type { RestoreOptions } from "../commands/restore";

/** The commands that find and repair what the stack, the vendor and AWS have differently. */

const reconcileHelp = `
Nothing is changed without --fix, which removes what a killed update left behind: applications that are unusable because
their secret was lost, empty secrets, the lock and pending creates. It also records how an interrupted delete or release
ended if no update returns to it. Each step is recorded in the journal. It never deletes a tenant, or an application that
may be in use.`;

/** Declares `tenants reconcile`: compares the journal, the state and the API, and reports what to do. */
export const reconcileCommand: MakeCommand = ({ exit, environment }): Command =>
  stackCommand(
    "reconcile",
    "Compare the journal, the state and the API, and report what is orphaned, lost or unmanaged.",
  )
    .option("--file <path>", "a state that `pulumi stack export` wrote, instead of the stack's own")
    .option("--markdown", "write the findings as Markdown, for an issue")
    .option("--fix", "remove what a killed update left behind, after a confirmation")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .addHelpText("after", reconcileHelp)
    .action(async (options: ReconcileOptions) => {
      const { reconcile } = await import("../commands/reconcile.js");
      exit(await reconcile(options, environment));
    });

const restoreHelp = `
For a customer that was removed and is declared again, and for a stack whose state was lost. Each secret keeps its ARN,
its old versions and its resource policy. The next pulumi up stores the new credential in it. Nothing is sent to the
vendor. The journal records what is restored and imported.`;

/** Declares `tenants restore`: restores a customer's secrets from deletion, and imports them into the stack's state. */
export const restoreCommand: MakeCommand = ({ exit, environment }): Command =>
  stackCommand("restore", "Restore a customer's secrets from their deletion, and import them into the state.")
    .argument("<customer>", "the customer's name, as the configuration declares it")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .addHelpText("after", restoreHelp)
    .action(async (customer: string, options: RestoreOptions) => {
      const { restore } = await import("../commands/restore.js");
      exit(await restore(customer, options, environment));
    });
