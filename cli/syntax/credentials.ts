import type { Command } from "commander";

import { type CommandOptions, type MakeCommand, stackCommand } from "../command";

const help = `
It reads the configuration and the state, asks nothing of the API, and needs no organization credentials. What is
overdue, the next \`pulumi up\` does.`;

/** Declares `tenants credentials`: a table of all applications with their age, generation and next rotation. */
export const credentialsCommand: MakeCommand = (exit): Command =>
  stackCommand(
    "credentials",
    "List all applications: age and generation of their credentials, and what is due.",
  )
    .addHelpText("after", help)
    .action(async (options: CommandOptions) => {
      const { credentials } = await import("../commands/credentials.js");
      exit(await credentials(options));
    });
