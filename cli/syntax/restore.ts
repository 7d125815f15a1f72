import type { Command } from "commander";

import { type MakeCommand, stackCommand } from "../command";
import type { RestoreOptions } from "../commands/restore";

const help = `
For a customer that was removed and is declared again, and for a stack whose state was lost. Each of the customer's
secrets keeps its ARN, its old versions and its resource policy. The next pulumi up stores the new credential in it.
Nothing is sent to the vendor. What is taken back, and what is taken into the state, is recorded in the journal.`;

/** Declares `tenants restore`: takes a customer's secrets back from their deletion, and into the stack's state. */
export const restoreCommand: MakeCommand = (exit): Command =>
  stackCommand("restore", "Take a customer's secrets back from their deletion, and into the state.")
    .argument("<customer>", "the customer's name, as the configuration declares it")
    .option("--yes", "do not ask")
    .option("--reason <text>", "why, for the record; default: TENANTS_REASON, else tenants:reason")
    .addHelpText("after", help)
    .action(async (customer: string, options: RestoreOptions) => {
      const { restore } = await import("../commands/restore.js");
      exit(await restore(customer, options));
    });
