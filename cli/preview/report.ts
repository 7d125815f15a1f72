import { json, line, table } from "../output";
import type { Summary } from "./summary";

/** Writes a summary for a machine. */
export function summaryAsJson(summary: Summary): void {
  json(summary);
}

/** Writes a summary for people at a terminal. */
export function summaryAsText({ changes, replacedTenants, digest }: Summary): void {
  if (changes.length === 0) {
    line("Nothing would change.");
    return;
  }
  for (const customer of replacedTenants) {
    line(`The tenant of ${customer} would be deleted, with all the customer has in it, and made anew.`);
  }
  table(
    ["", "what", "name"],
    changes.map(({ kind, subject, name, type }) => [kind, subject === "other" ? type : subject, name]),
  );
  line(`Digest ${digest}`);
}
