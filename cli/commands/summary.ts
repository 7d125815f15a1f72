import { readFile } from "node:fs/promises";
import { printable } from "pulumi-resistant-tenants/client";
import { z } from "zod";

import { type ExitCode, exitCodes } from "../exit-codes";
import { summaryAsMarkdown } from "../print/preview-markdown";
import { summaryAsJson, summaryAsText } from "../print/preview";
import { type Preview, readPreview } from "resistant-tenants-operations/preview/step";
import { beyondRotation, leavesOutSames } from "resistant-tenants-operations/preview/rotation-gate";
import { isEmpty, type Summary, summaryOf } from "resistant-tenants-operations/preview/summary";

/** The options of `tenants summary`. */
export interface SummaryOptions {
  markdown?: true;
  json?: true;
  title: string;
  merged?: string;
  expect?: string;
  onlyRotations?: true;
}

/** How many reasons a refusal lists. */
const mostProblems = 20;

/** Runs `tenants summary`. */
export async function summarize(file: string, options: SummaryOptions): Promise<ExitCode> {
  const preview = await readPreview(file);
  const summary = summaryOf(preview);
  if (options.json === true) summaryAsJson(summary);
  else if (options.markdown === true) {
    const { title, merged } = options;
    const notPreviewed = merged === undefined ? [] : await readNotPreviewed(merged);
    process.stdout.write(summaryAsMarkdown(summary, { title, notPreviewed }));
  } else summaryAsText(summary);
  const refusal = refusalOf(summary, preview, options);
  if (refusal === undefined) return exitCodes.ok;
  process.stderr.write(`tenants: ${refusal}\n`);
  return exitCodes.found;
}

async function readNotPreviewed(file: string): Promise<string[]> {
  const schema = z.object({ notPreviewed: z.array(z.string()) });
  return schema.parse(JSON.parse(await readFile(file, "utf8"))).notPreviewed;
}

function refusalOf(
  summary: Summary,
  preview: Preview,
  { expect, onlyRotations }: SummaryOptions,
): string | undefined {
  if (expect !== undefined && expect !== summary.digest) {
    return (
      `This is not what was reviewed: its digest is ${summary.digest}, and the reviewed one's is ${expect}. ` +
      "Nothing was changed. Preview it again, and have that reviewed."
    );
  }
  return onlyRotations === true && !isEmpty(summary) ? moreThanRotations(preview) : undefined;
}

function moreThanRotations(preview: Preview): string | undefined {
  if (leavesOutSames(preview.steps)) {
    return (
      "This preview leaves out what stays as it is, so a rotation cannot be told from another change. Nothing was changed. " +
      "Make it with `pulumi preview --json --show-sames`."
    );
  }
  const beyond = beyondRotation(preview, process.env);
  if (preview.report === undefined && beyond.length === 0) {
    return (
      "This preview holds no report of its program (a line that begins with `tenants:plan`), so it cannot be told whether it rotates and does nothing else. Nothing was changed. " +
      "Make it with the program of this release."
    );
  }
  if (beyond.length === 0) return undefined;
  const more = beyond.length - mostProblems;
  const list = [
    ...beyond.slice(0, mostProblems).map((problem) => `  - ${printable(problem)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
  return (
    `There is more to do than to rotate, and that needs a review:\n${list.join("\n")}\n` +
    "Nothing was changed. Apply the main branch first (the workflow `up`), and repeat the rotation."
  );
}
