import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { describeProblem } from "pulumi-resistant-tenants/internal/settings";
import { customersFromOf, problemsOf } from "resistant-tenants-operations/configuration/check";
import { readConfigurationFile } from "resistant-tenants-operations/configuration/file";

import { type ExitCode, exitCodes } from "../command";
import { json, line } from "../print/output";

/** Runs `tenants check`. */
export async function check(
  files: readonly string[],
  asJson: boolean,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const found = [];
  for (const file of files) {
    const configuration = await readConfigurationFile(file);
    const customersFrom = await customersFromOf(configuration);
    found.push({ file, customersFrom, problems: await problemsOf(configuration, environment) });
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
