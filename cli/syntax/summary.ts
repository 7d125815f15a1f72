import { Command } from "commander";

import { exitCodes, type MakeCommand } from "../command";
import type { SummaryOptions } from "../commands/summary";

const help = `
It shows what changes, and no value that is secret. The digest is the same for two previews that would do the
same. With --expect or --only-rotations it ends with ${exitCodes.found} where the preview is not what it must be.`;

/** Declares `tenants summary`: tells what a preview would do, for the people who review it. */
export const summaryCommand: MakeCommand = (exit): Command =>
  new Command("summary")
    .description(
      "Sum up what `pulumi preview --json` wrote: customers added and removed, rotations, replacements.",
    )
    .argument("<file>", "what `pulumi preview --json --show-sames` wrote")
    .option("--markdown", "write Markdown, for a comment")
    .option("--json", "print JSON, for a machine")
    .option("--title <text>", "the heading of the Markdown", "Preview")
    .option(
      "--merged <file>",
      "what `merge-config --json` wrote: keys that the preview did not take are named",
    )
    .option("--expect <digest>", "refuse a preview that would do something else than this digest says")
    .option("--only-rotations", "refuse a preview that would do anything but rotate and retire applications")
    .addHelpText("after", help)
    .action(async (file: string, options: SummaryOptions) => {
      const { summarize } = await import("../commands/summary.js");
      exit(await summarize(file, options));
    });
