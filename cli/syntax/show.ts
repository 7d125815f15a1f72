import type { Command } from "commander";

import { type CommandOptions, type MakeCommand, recordCommand } from "../command";

const help = `
It reads the stack's outputs and its state, and needs no credential. The credentials themselves are in AWS Secrets
Manager, under the ARN of each application.`;

/** Declares `tenants show`: prints the full record of one customer. */
export const showCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand("show", "Show the full record of one customer.")
    .argument("<customer>", "its name")
    .addHelpText("after", help)
    .action(async (customer: string, options: CommandOptions) => {
      const { show } = await import("../commands/show.js");
      exit(await show(customer, options, environment));
    });
