import { Command, Option } from "commander";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import type { StackOptions } from "resistant-tenants-operations/stack/pulumi";

/** What a command gets from the process in which it runs. */
export interface Invocation {
  environment: EnvironmentVariables;
  /** Called with the command's exit code, unless it throws. */
  exit: (code: ExitCode) => void;
}

/** Creates a command. */
export type MakeCommand = (invocation: Invocation) => Command;

/** The options of every command about a stack. */
export interface CommandOptions extends StackOptions {
  json?: true;
}

/** Creates a command about one stack. */
export function stackCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("-s, --stack <name>", "the stack; default: the selected one (pulumi stack select)")
    .option("-C, --cwd <folder>", "the project's folder, or one below it; default: this one")
    .option("--json", "print JSON, for a machine");
}

/** Creates a command about the records of one stack or of a fleet. */
export function recordCommand(name: string, description: string): Command {
  return stackCommand(name, description).addOption(
    new Option("--stage <name>", "read all stacks of a stage as one (docs/scale.md)").conflicts("stack"),
  );
}

/** The exit codes of all commands. */
export const exitCodes = {
  /** All is well. */
  ok: 0,
  /** The command failed. */
  failed: 1,
  /** It was called wrongly. */
  usage: 2,
  /** The command found something to do. */
  found: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
