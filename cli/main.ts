import { readFileSync } from "node:fs";
import path from "node:path";

import { Command, CommanderError } from "commander";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { UsageError } from "resistant-tenants-operations/usage";

import { exitCodes } from "./command";
import { addCompletion } from "./completion";
import { auditCommand } from "./syntax/audit";
import { fleetCommand } from "./syntax/fleet";
import { credentialsCommand, listCommand, showCommand, ticketCommand } from "./syntax/records";
import { reconcileCommand, restoreCommand } from "./syntax/repair";
import { checkCommand, mergeConfigCommand, summaryCommand } from "./syntax/review";

const help = `
Exit codes: ${exitCodes.ok} all is well, ${exitCodes.failed} failed, ${exitCodes.usage} wrong usage, ${exitCodes.found} something is left to do.
With --json, call it as \`npm run --silent tenants -- <command> --json\`: otherwise npm prints its own heading.`;

/**
 * In the order in which the help lists them. This file only declares the syntax: a command's code is loaded
 * when it runs, since a shell asks for completions at each Tab.
 */
const commands = [
  listCommand,
  showCommand,
  ticketCommand,
  auditCommand,
  credentialsCommand,
  fleetCommand,
  reconcileCommand,
  restoreCommand,
  summaryCommand,
  checkCommand,
  mergeConfigCommand,
];

async function main(argv: readonly string[], environment: EnvironmentVariables): Promise<number> {
  const program = new Command("tenants")
    .description("Commands for people who run stacks of tenants.")
    .version(version(), "-V, --version", "print the version of this project")
    .addHelpText("after", help)
    .showHelpAfterError("(npm run tenants -- --help lists the commands)")
    .exitOverride();
  const outcome: { exitCode: number } = { exitCode: exitCodes.ok };
  for (const make of commands) {
    program.addCommand(
      make({
        environment,
        exit: (exitCode) => {
          outcome.exitCode = exitCode;
        },
      })
        .exitOverride()
        .showHelpAfterError("(npm run tenants -- <command> --help lists the options)"),
    );
  }
  await addCompletion(program);
  try {
    await program.parseAsync(argv, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    // Commander has printed the problem.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    process.stderr.write(`tenants: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

function version(): string {
  const file = path.join(__dirname, "../../package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

// If a pipe such as `head` stops reading, that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.ok);
});

void main(process.argv.slice(2), process.env).then((exitCode) => {
  process.exitCode = exitCode;
});
