import type { Command } from "commander";

import { type CommandOptions, type MakeCommand, recordCommand } from "../command";

const help = `
It reads the configuration and the state, does not call the API, and needs no organization credentials. The next
\`pulumi up\` does what is overdue.`;

/** Declares `tenants credentials`: lists all applications with their age, generation and next rotation. */
export const credentialsCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand(
    "credentials",
    "List all applications: age and generation of their credentials, and what is due.",
  )
    .addHelpText("after", help)
    .action(async (options: CommandOptions) => {
      const { credentials } = await import("../commands/credentials.js");
      exit(await credentials(options, environment));
    });
