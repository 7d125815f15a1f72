import { Command } from "commander";

import type { MakeCommand } from "../command";

const help = `
It needs no stack, no credential and no engine. An encrypted value cannot be read, and counts as correct.`;

/** Declares `tenants check`: lists the problems of a stack's configuration, without the engine. */
export const checkCommand: MakeCommand = ({ exit, environment }): Command =>
  new Command("check")
    .description("Check a stack's configuration file, without the engine or any credential.")
    .argument("<files...>", "Pulumi.<stack>.yaml, one or several")
    .option("--json", "print JSON, for a machine")
    .addHelpText("after", help)
    .action(async (files: string[], options: { json?: true }) => {
      const { check } = await import("../commands/check.js");
      exit(await check(files, options.json === true, environment));
    });
