import { Command } from "commander";

import { exitCodes, type MakeCommand } from "../command";
import type { SummaryOptions } from "../commands/summary";

const help = `
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
    .addHelpText("after", help)
    .action(async (file: string, options: SummaryOptions) => {
      const { summarize } = await import("../commands/summary.js");
      exit(await summarize(file, options, environment));
    });
