import { Command } from "commander";
import { previewedKeys } from "resistant-tenants-operations/configuration/previewed-keys";

import { exitCodes, type MakeCommand } from "../command";
import type { MergeOptions } from "../commands/merge-config";
import type { SummaryOptions } from "../commands/summary";

/** The commands for the review of a change before it is applied. They read files, and need neither stack nor credential. */

const checkHelp = `
It needs no stack, no credential and no engine. An encrypted value cannot be read, and counts as correct.`;

/** Declares `tenants check`: lists the problems of a stack's configuration, without the engine. */
export const checkCommand: MakeCommand = ({ exit, environment }): Command =>
  new Command("check")
    .description("Check a stack's configuration file, without the engine or any credential.")
    .argument("<files...>", "Pulumi.<stack>.yaml, one or several")
    .option("--json", "print JSON, for a machine")
    .addHelpText("after", checkHelp)
    .action(async (files: string[], options: { json?: true }) => {
      const { check } = await import("../commands/check.js");
      exit(await check(files, options.json === true, environment));
    });

const mergeConfigHelp = `
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
    .addHelpText("after", mergeConfigHelp)
    .action(async (reviewed: string, proposed: string, options: MergeOptions) => {
      const { mergeConfig } = await import("../commands/merge-config.js");
      exit(await mergeConfig(reviewed, proposed, options, environment));
    });

const summaryHelp = `
It shows what changes, without secret values. Two previews that would do the same have the same digest. With --expect or
--only-rotations it exits with ${exitCodes.found} if it refuses the preview.`;

/** Declares `tenants summary`: reports what a preview would do, for the people who review it. */
export const summaryCommand: MakeCommand = ({ exit, environment }): Command =>
  new Command("summary")
    .description(
      "Summarize the output of `pulumi preview --json`: customers added and removed, rotations, replacements.",
    )
    .argument("<file>", "output of `pulumi preview --json --show-sames`")
    .option("--markdown", "write Markdown, for a comment")
    .option("--json", "print JSON, for a machine")
    .option("--title <text>", "the heading of the Markdown", "Preview")
    .option("--merged <file>", "output of `merge-config --json`: lists the keys that the preview did not use")
    .option("--expect <digest>", "refuse a preview with another digest")
    .option("--only-rotations", "refuse a preview that would do more than rotate and retire applications")
    .addHelpText("after", summaryHelp)
    .action(async (file: string, options: SummaryOptions) => {
      const { summarize } = await import("../commands/summary.js");
      exit(await summarize(file, options, environment));
    });
