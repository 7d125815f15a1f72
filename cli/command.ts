import { Command } from "commander";
import type { StackOptions } from "resistant-tenants-operations/usage";

/** Makes a command; it tells by `exit` how it ended, unless it throws. */
export type MakeCommand = (exit: (code: ExitCode) => void) => Command;

/** The options that every command about a stack has. */
export interface CommandOptions extends StackOptions {
  json?: true;
}

/** Begins a command about one stack. */
export function stackCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("-s, --stack <name>", "the stack; default: the one that is selected (pulumi stack select)")
    .option("-C, --cwd <folder>", "the project's folder, or one below it; default: this one")
    .option("--json", "print JSON, for a machine");
}

/** How every command ends. */
export const exitCodes = {
  /** All is well. */
  ok: 0,
  /** It could not do what it was asked for. */
  failed: 1,
  /** It was called wrongly. */
  usage: 2,
  /** It found something to do. */
  found: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
