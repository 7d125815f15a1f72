import type { FleetCommand, StackReport } from "resistant-tenants-operations/fleet/run";
import type { FleetStage } from "resistant-tenants-operations/fleet/stage";

import { json, line, table } from "./output";

/** Prints the result of each stack of a fleet: a table of those that ran or should run, and the totals. */
export async function reportFleet(
  command: FleetCommand,
  { name, bits }: FleetStage,
  reports: readonly StackReport[],
  { seconds, isJson }: { seconds: number; isJson: boolean },
): Promise<void> {
  const totals = Object.fromEntries(
    [...new Set(reports.map(({ outcome }) => outcome))].map((outcome) => [
      outcome,
      reports.filter((report) => report.outcome === outcome).length,
    ]),
  );
  if (isJson) {
    const stacks = await Promise.all(reports.map(toJson));
    json({ command, stage: name, bits, seconds, totals, stacks });
    return;
  }
  const shown = reports.filter(({ outcome }) => outcome !== "unchanged");
  if (shown.length > 0) {
    table(
      ["stack", "customers", "why", "outcome", "changes", "seconds"],
      shown.map(({ stack, customers, why, outcome, changes, seconds: took, problem }) => [
        stack,
        String(customers),
        why,
        problem === undefined ? outcome : { alarm: outcome },
        describeChanges(changes),
        took === 0 ? "" : String(took),
      ]),
      ["why", "customers"],
    );
  }
  for (const report of shown.filter(({ preview }) => preview !== undefined)) {
    const { summary } = await toJson(report);
    if (summary === undefined) continue;
    line(`${report.stack}:`);
    for (const [what, customers] of Object.entries(summary.customers))
      if (customers.length > 0) line(`  ${what}: ${customers.join(", ")}`);
  }
  line(
    `${reports.length} stacks of ${name}: ` +
      `${Object.entries(totals)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(", ")}; ${seconds} s`,
  );
}

function describeChanges(changes: Readonly<Record<string, number>>): string {
  return Object.entries(changes)
    .filter(([operation, count]) => operation !== "same" && count > 0)
    .map(([operation, count]) => `${count} ${operation}`)
    .join(", ");
}

/** A preview is summarized as in `tenants summary`: the engine's output may contain anything. */
async function toJson({ preview, ...report }: StackReport) {
  if (preview === undefined) return { ...report, summary: undefined };
  const { readPreviewText } = await import("resistant-tenants-operations/preview/step");
  const { summaryOf } = await import("resistant-tenants-operations/preview/summary");
  return { ...report, summary: summaryOf(readPreviewText(preview, `the preview of ${report.stack}`)) };
}
