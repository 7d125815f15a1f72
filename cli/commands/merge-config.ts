import { Command } from "commander";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import type { MakeCommand } from "../command";
import { readConfigurationFile } from "../configuration/file";
import { mergeConfiguration, previewedKeys } from "../configuration/merge";
import { takeCustomerFiles } from "../configuration/proposed-files";
import { exitCodes } from "../exit-codes";
import { json, line } from "../output";

interface Options {
  out: string;
  commit?: string;
  json?: true;
}

const help = `
Taken from the proposed configuration are ${previewedKeys.join(" and ")} alone, and with --commit the files of
customers. What else differs is named, and stays as it was reviewed.`;

/** Makes `tenants merge-config`: a configuration for the preview of a change that nobody has reviewed. */
export const mergeConfigCommand: MakeCommand = (exit): Command =>
  new Command("merge-config")
    .description("Put the customers of a proposed configuration into the reviewed one, for a preview.")
    .argument("<reviewed>", "the main branch's Pulumi.<stack>.yaml")
    .argument("<proposed>", "the pull request's")
    .requiredOption("--out <file>", "where the merged configuration is written")
    .option(
      "--commit <commit>",
      "the pull request's commit: its files under the reviewed customersFrom take the place of those here",
    )
    .option("--json", "print JSON, for a machine")
    .addHelpText("after", help)
    .action(async (reviewedFile: string, proposedFile: string, options: Options) => {
      const reviewed = await readConfigurationFile(reviewedFile);
      const notPreviewed = await mergeConfiguration(reviewed, await readConfigurationFile(proposedFile));
      const pattern = reviewed.values.get("tenants:customersFrom");
      const customerFiles =
        options.commit === undefined || typeof pattern !== "string"
          ? []
          : await takeCustomerFiles(pattern, options.commit, path.dirname(path.resolve(reviewedFile)));
      await writeFile(options.out, reviewed.document.toString());
      if (options.json === true) json({ notPreviewed, customerFiles });
      else {
        for (const file of customerFiles) line(`Taken: ${file}`);
        for (const key of notPreviewed) line(`Not taken: ${key}`);
      }
      exit(exitCodes.ok);
    });
