import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { refusalOf } from "resistant-tenants-operations/preview/refusal";
import { readPreview } from "resistant-tenants-operations/preview/step";
import { summaryOf } from "resistant-tenants-operations/preview/summary";
import { readTextFile } from "resistant-tenants-operations/text-file";
import { z } from "zod";

import { type ExitCode, exitCodes } from "../command";
import { summaryAsJson, summaryAsText } from "../print/preview";
import { summaryAsMarkdown } from "../print/preview-markdown";

/** The options of `tenants summary`. */
export interface SummaryOptions {
  markdown?: true;
  json?: true;
  title: string;
  merged?: string;
  expect?: string;
  onlyRotations?: true;
}

/** Runs `tenants summary`. */
export async function summarize(
  file: string,
  options: SummaryOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const preview = await readPreview(file);
  const summary = summaryOf(preview);
  if (options.json === true) summaryAsJson(summary);
  else if (options.markdown === true) {
    const { title, merged } = options;
    const notPreviewed = merged === undefined ? [] : await readNotPreviewed(merged);
    process.stdout.write(summaryAsMarkdown(summary, { title, notPreviewed }));
  } else summaryAsText(summary);
  const refusal = refusalOf(summary, preview, options, environment);
  if (refusal === undefined) return exitCodes.ok;
  process.stderr.write(`tenants: ${refusal}\n`);
  return exitCodes.found;
}

async function readNotPreviewed(file: string): Promise<string[]> {
  const schema = z.object({ notPreviewed: z.array(z.string()) });
  return schema.parse(JSON.parse(await readTextFile(file))).notPreviewed;
}
