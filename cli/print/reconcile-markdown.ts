import { findingTitles } from "resistant-tenants-operations/reconcile/finding";

import { code, markdownTable } from "./markdown";
import type { Report } from "./reconcile";

/** Writes the findings of a report as Markdown, with the names and ids that a support ticket needs. */
export function reportAsMarkdown({ stack, findings, entries, warnings }: Report): void {
  const lines = [
    `**Stack** ${code(stack.name)}, stage ${stack.settings.stage}`,
    ...warnings.flatMap((warning) => ["", `Warning: ${code(warning)}`]),
    "",
    ...(findings.length === 0
      ? ["The journal, the state and the API agree."]
      : markdownTable(
          ["finding", "slot", "cell", "tenant", "application", "next"],
          findings.map(({ kind, severity, slot, cell, tenantId, applicationId, next }) => [
            `${findingTitles[kind]}${severity === "note" ? " (note)" : ""}`,
            ...[slot, cell, tenantId, applicationId, next[0]].map((text) =>
              text === undefined ? "" : code(text),
            ),
          ]),
        )),
    ...entries.flatMap(({ customer, yaml }) => [
      "",
      `Entry of ${code(customer)}:`,
      "",
      "```yaml",
      yaml,
      "```",
    ]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
