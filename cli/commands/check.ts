import { Command } from "commander";

import { describeProblem } from "pulumi-resistant-tenants/settings";

import type { MakeCommand } from "../command";
import { problemsOf } from "../configuration/check";
import { readConfigurationFile } from "../configuration/file";
import { type ExitCode, exitCodes } from "../exit-codes";
import { json, line } from "../output";

const help = `
It needs no stack, no credential and no engine. A value that is encrypted cannot be read, and counts as right.`;

/** Makes `tenants check`: tells what is wrong with a stack's configuration, without the engine. */
export const checkCommand: MakeCommand = (exit): Command =>
  new Command("check")
    .description("Check a stack's configuration file, without the engine and without any credential.")
    .argument("<files...>", "Pulumi.<stack>.yaml, one or several")
    .option("--json", "print JSON, for a machine")
    .addHelpText("after", help)
    .action(async (files: string[], options: { json?: true }) => {
      exit(await check(files, options.json === true));
    });

async function check(files: readonly string[], asJson: boolean): Promise<ExitCode> {
  const found = [];
  for (const file of files) {
    const configuration = await readConfigurationFile(file);
    const customersFrom = configuration.values.get("tenants:customersFrom");
    found.push({ file, customersFrom, problems: await problemsOf(configuration) });
  }
  if (asJson) json(found);
  else {
    for (const { file, problems } of found) {
      line(
        `${file}: ${problems.length === 0 ? "OK" : `${problems.length} problem${problems.length === 1 ? "" : "s"}`}`,
      );
      for (const problem of problems) line(`  - ${describeProblem(problem)}`);
    }
  }
  return found.some(({ problems }) => problems.length > 0) ? exitCodes.found : exitCodes.ok;
}
