import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";
import { z } from "zod";

import { caseKey } from "../work/case";
import { plotFile, resultsPage, resultsPlot } from "./results";
import { type CaseSummary, caseSummarySchema } from "./summary";

const folder = path.dirname(__dirname);
const dataFile = path.join(folder, "results.json");
const pageFile = path.join(folder, "RESULTS.md");

/** Stores the results of a case in place of its earlier ones, and writes the page and the picture again. */
export async function writeResults(summary: CaseSummary): Promise<void> {
  const kept = existsSync(dataFile)
    ? z.array(caseSummarySchema).parse(JSON.parse(await readFile(dataFile, "utf8")))
    : [];
  const others = kept.filter((one) => caseKey(one.case) !== caseKey(summary.case));
  const all = [...others, summary].sort(
    ({ case: one }, { case: other }) =>
      one.customers - other.customers ||
      Number(one.isLimited) - Number(other.isLimited) ||
      one.latencyMs - other.latencyMs,
  );
  await writeFormatted(dataFile, JSON.stringify(all));
  await writeFormatted(pageFile, resultsPage(all));
  await writeFile(path.join(folder, plotFile), resultsPlot(all));
}

/** Writes it in the repository's format. */
async function writeFormatted(file: string, text: string): Promise<void> {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
