import { Command } from "commander";
import { previewedKeys } from "resistant-tenants-operations/configuration/previewed-keys";

import type { MakeCommand } from "../command";
import type { MergeOptions } from "../commands/merge-config";

const help = `
From the proposed configuration it takes only ${previewedKeys.join(" and ")}, and with --commit the customers' files. It
lists other differences, which stay as reviewed.`;

/** Declares `tenants merge-config`: writes a configuration for the preview of an unreviewed change. */
export const mergeConfigCommand: MakeCommand = ({ exit, environment }): Command =>
  new Command("merge-config")
    .description("Merge the customers of a proposed configuration into the reviewed one, for a preview.")
    .argument("<reviewed>", "the main branch's Pulumi.<stack>.yaml")
    .argument("<proposed>", "the pull request's")
    .requiredOption("--out <file>", "the file for the merged configuration")
    .option(
      "--commit <commit>",
      "the pull request's commit: its files under the reviewed customersFrom replace those here",
    )
    .option("--json", "print JSON, for a machine")
    .addHelpText("after", help)
    .action(async (reviewed: string, proposed: string, options: MergeOptions) => {
      const { mergeConfig } = await import("../commands/merge-config.js");
      exit(await mergeConfig(reviewed, proposed, options, environment));
    });
