import { code, literal, markdownTable } from "../markdown";
import { type Change, kinds, type Subject, subjects } from "./change";
import type { Summary } from "./summary";

/** The rows that a table shows; a review of more begins with the list of customers. */
const mostRows = 50;

/** The names that a sentence lists. */
const mostNames = 10;

/** GitHub takes comments of up to 65,536 characters, of which others may need some. */
const longestComment = 30_000;

/** What a summary is shown with. */
export interface Presentation {
  /** The heading. */
  title: string;
  /** Configuration keys that differ from the main branch's and were not previewed. */
  notPreviewed?: readonly string[];
}

/** Writes a summary as a comment for people. It holds names and counts: no output, no property, no value. */
export function summaryAsMarkdown(summary: Summary, presentation: Presentation): string {
  const head = headOf(summary, presentation);
  const tables = [
    ...table("Customers", ["", "customer", "applications"], customerRows(summary)),
    ...table("Resources", ["", "what", "name"], resourceRows(summary)),
  ];
  const end = ["", `Digest ${code(summary.digest)}`, ""];
  const whole = [...head, ...tables, ...end].join("\n");
  if (whole.length <= longestComment) return whole;
  return [...head, "", "The tables are too long for a comment: see the run's own summary.", ...end].join(
    "\n",
  );
}

function headOf({ customers, replacedTenants, changes }: Summary, presentation: Presentation): string[] {
  const { title, notPreviewed = [] } = presentation;
  return [
    `### ${literal(title)}`,
    "",
    changes.length === 0 ? "Nothing would change." : countsOf(changes).join(" · "),
    ...alert(
      "CAUTION",
      "A tenant would be deleted, with all the customer has in it, and made anew:",
      replacedTenants,
    ),
    ...alert("WARNING", "Customers removed, with their tenants:", customers.removed),
    ...alert("IMPORTANT", "Not in this preview, since it takes them from the main branch:", notPreviewed),
  ];
}

/** @see {@link https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts GitHub, alerts} */
function alert(kind: "CAUTION" | "WARNING" | "IMPORTANT", text: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - mostNames;
  const listed = names.slice(0, mostNames).map(code).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return ["", `> [!${kind}]`, `> **${text}** ${listed}`];
}

/** Counts by subject and kind: `Tenants: 1 removed, 1 added`. */
function countsOf(changes: readonly Change[]): string[] {
  return subjects.flatMap((subject) => {
    const ofSubject = changes.filter((change) => change.subject === subject && subject !== "customer");
    const counts = kinds.flatMap((kind) => {
      const count = ofSubject.filter((change) => change.kind === kind).length;
      return count === 0 ? [] : [`${count} ${kind}`];
    });
    return counts.length === 0 ? [] : [`${pluralOf[subject]}: ${counts.join(", ")}`];
  });
}

const pluralOf: Record<Subject, string> = {
  customer: "Customers",
  tenant: "Tenants",
  application: "Applications",
  "signing key": "Signing keys",
  secret: "Secrets",
  "secret value": "Secret values",
  other: "Others",
};

function customerRows({ customers, changes }: Summary): string[][] {
  return (["removed", "adopted", "added", "changed"] as const).flatMap((kind) =>
    customers[kind].map((name) => {
      const applications = changes.filter(
        ({ subject, customer }) => subject === "application" && customer === name,
      );
      return [kind, code(name), String(applications.length)];
    }),
  );
}

/** What is made or deleted with its customer needs no row of its own. */
function resourceRows({ customers, changes }: Summary): string[][] {
  const whole = new Set([...customers.added, ...customers.removed]);
  return changes
    .filter(({ subject, customer }) => subject !== "customer" && !whole.has(customer))
    .map(({ kind, subject, name, type }) => [
      kind === "replaced" ? "**replaced**" : kind,
      subject === "other" ? code(type) : subject,
      code(name),
    ]);
}

function table(title: string, heading: readonly string[], rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const more = rows.length - mostRows;
  return [
    "",
    `**${title}**`,
    "",
    ...markdownTable(heading, rows.slice(0, mostRows)),
    ...(more > 0 ? ["", `… and ${more} more.`] : []),
  ];
}
