import { Command } from "commander";
import { previewedKeys } from "resistant-tenants-operations/configuration/previewed-keys";

import type { MakeCommand } from "../command";
import type { MergeOptions } from "../commands/merge-config";

const help = `
Taken from the proposed configuration are ${previewedKeys.join(" and ")} alone, and with --commit the files of
customers. What else differs is named, and stays as it was reviewed.`;

/** Declares `tenants merge-config`: a configuration for the preview of a change that nobody has reviewed. */
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
    .action(async (reviewed: string, proposed: string, options: MergeOptions) => {
      const { mergeConfig } = await import("../commands/merge-config.js");
      exit(await mergeConfig(reviewed, proposed, options));
    });
