import { Command, CommanderError } from "commander";
import { messageOf } from "pulumi-resistant-tenants/client";

import { auditCommand } from "./commands/audit";
import { checkCommand } from "./commands/check";
import { credentialsCommand } from "./commands/credentials";
import { listCommand } from "./commands/list";
import { mergeConfigCommand } from "./commands/merge-config";
import { reconcileCommand } from "./commands/reconcile";
import { restoreCommand } from "./commands/restore";
import { showCommand } from "./commands/show";
import { summaryCommand } from "./commands/summary";
import { ticketCommand } from "./commands/ticket";
import { addCompletion } from "./completion";
import { exitCodes, UsageError } from "./exit-codes";

const help = `
Exit codes: ${exitCodes.ok} all is well, ${exitCodes.failed} it failed, ${exitCodes.usage} it was called wrongly, ${exitCodes.found} something to do was found.
With --json, call it as \`npm run --silent tenants -- <command> --json\`: npm prints a heading of its own.`;

/** In the order in which the help tells them. */
const commands = [
  listCommand,
  showCommand,
  ticketCommand,
  auditCommand,
  credentialsCommand,
  reconcileCommand,
  restoreCommand,
  summaryCommand,
  checkCommand,
  mergeConfigCommand,
];

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("tenants")
    .description("Commands for people who run stacks of tenants.")
    .addHelpText("after", help)
    .showHelpAfterError("(npm run tenants -- --help tells the commands)")
    .exitOverride();
  const outcome: { exitCode: number } = { exitCode: exitCodes.ok };
  for (const make of commands) {
    program.addCommand(
      make((exitCode) => {
        outcome.exitCode = exitCode;
      })
        .exitOverride()
        .showHelpAfterError("(npm run tenants -- <command> --help tells the options)"),
    );
  }
  await addCompletion(program);
  try {
    await program.parseAsync(argv, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    // Commander has printed what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    process.stderr.write(`tenants: ${messageOf(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

// What is piped into `head` is read no further: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
});

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
