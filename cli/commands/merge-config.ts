import { writeFile } from "node:fs/promises";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { customersFromOf, folderOf } from "resistant-tenants-operations/configuration/check";
import { readConfigurationFile } from "resistant-tenants-operations/configuration/file";
import { mergeConfiguration } from "resistant-tenants-operations/configuration/merge";
import { takeCustomerFiles } from "resistant-tenants-operations/configuration/proposed-files";

import { type ExitCode, exitCodes } from "../command";
import { json, line } from "../print/output";

/** The options of `tenants merge-config`. */
export interface MergeOptions {
  out: string;
  commit?: string;
  json?: true;
}

/** Runs `tenants merge-config`. */
export async function mergeConfig(
  reviewedFile: string,
  proposedFile: string,
  options: MergeOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const reviewed = await readConfigurationFile(reviewedFile);
  const notPreviewed = await mergeConfiguration(reviewed, await readConfigurationFile(proposedFile));
  const pattern = await customersFromOf(reviewed);
  const customerFiles =
    options.commit === undefined || pattern === undefined
      ? []
      : await takeCustomerFiles(pattern, options.commit, {
          folder: folderOf(reviewed),
          environment,
        });
  await writeFile(options.out, reviewed.document.toString());
  if (options.json === true) json({ notPreviewed, customerFiles });
  else {
    for (const file of customerFiles) line(`Taken: ${file}`);
    for (const key of notPreviewed) line(`Not used: ${key}`);
  }
  return exitCodes.ok;
}
