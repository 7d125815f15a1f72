import type { Command } from "commander";

import { type MakeCommand, stackCommand } from "../command";
import type { RestoreOptions } from "../commands/restore";

const help = `
For a customer that was removed and is declared again, and for a stack whose state was lost. Each secret keeps its ARN,
its old versions and its resource policy. The next pulumi up stores the new credential in it. Nothing is sent to the
vendor. The journal records what is restored and imported.`;

/** Declares `tenants restore`: restores a customer's secrets from deletion, and imports them into the stack's state. */
export const restoreCommand: MakeCommand = ({ exit, environment }): Command =>
  stackCommand("restore", "Restore a customer's secrets from their deletion, and import them into the state.")
    .argument("<customer>", "the customer's name, as the configuration declares it")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .addHelpText("after", help)
    .action(async (customer: string, options: RestoreOptions) => {
      const { restore } = await import("../commands/restore.js");
      exit(await restore(customer, options, environment));
    });
