import { writeFile } from "node:fs/promises";

import { readConfigurationFile } from "../configuration/file";
import { mergeConfiguration } from "../configuration/merge";
import { type ExitCode, exitCodes } from "../exit-codes";
import { json, line } from "../output";

/** The options of `tenants merge-config`. */
export interface MergeOptions {
  out: string;
  json?: true;
}

/** Runs `tenants merge-config`. */
export async function mergeConfig(
  reviewedFile: string,
  proposedFile: string,
  options: MergeOptions,
): Promise<ExitCode> {
  const reviewed = await readConfigurationFile(reviewedFile);
  const notPreviewed = await mergeConfiguration(reviewed, await readConfigurationFile(proposedFile));
  await writeFile(options.out, reviewed.document.toString());
  if (options.json === true) json({ notPreviewed });
  else for (const key of notPreviewed) line(`Not taken: ${key}`);
  return exitCodes.ok;
}
