import { groupBy } from "pulumi-resistant-tenants/internal/vocabulary";
import { type Change, kinds, type Subject, subjects } from "resistant-tenants-operations/preview/change";
import { changesToList, handedOver, settingLines } from "resistant-tenants-operations/preview/sentences";
import { isEmpty, type Summary } from "resistant-tenants-operations/preview/summary";

import { code, literal, markdownTable } from "./markdown";

/** The most rows of a table; a review of more starts with the list of customers. */
const mostRows = 50;

/** The most warnings that are written out; the tables contain the rest. */
const mostWarnings = 25;

/** The most names in a sentence. */
const mostNames = 10;

/** The longest sentence or value, in characters. */
const longestSentence = 700;

/** The longest comment, in characters: GitHub accepts 65,536, of which others may need some. */
const longestComment = 30_000;

/** How a summary is presented. */
export interface Presentation {
  /** The heading. */
  title: string;
  /** Configuration keys that differ from the main branch's and were not previewed. */
  notPreviewed?: readonly string[];
}

/** Writes a summary as a comment for people. It contains no secret value. */
export function summaryAsMarkdown(summary: Summary, presentation: Presentation): string {
  const head = headOf(summary, presentation);
  const tables = [
    ...table("Customers", ["", "customer", "applications"], customerRows(summary)),
    ...table("Resources", ["", "what", "name"], resourceRows(summary)),
    ...table("What changes in them", ["name", "what", "before", "after"], detailRows(summary)),
  ];
  const end = ["", `Digest ${code(summary.digest)}`, ""];
  const whole = [...head, ...tables, ...end].join("\n");
  if (whole.length <= longestComment) return whole;
  return [...head, "", "The tables are too long for a comment: see the run's summary.", ...end].join("\n");
}

function headOf(summary: Summary, presentation: Presentation): string[] {
  const { customers, replacedTenants, changes, consequences } = summary;
  const { title, notPreviewed = [] } = presentation;
  const sentences = [
    ...consequences.filter(({ isGrave }) => !isGrave).map(({ text }) => text),
    ...settingLines(summary),
    ...customers.handedOver.map((customer) => handedOver(customer, changes)),
    ...customers.forgotten.map((customer) => `customer ${customer}: released; nothing is deleted`),
    ...summary.waiting,
  ];
  return [
    `### ${literal(title)}`,
    "",
    isEmpty(summary) ? "Nothing would change." : countsOf(changesToList(summary)).join(" · "),
    ...warnings(consequences.filter(({ isGrave }) => isGrave).map(({ text }) => text)),
    ...list(sentences),
    ...alert(
      "CAUTION",
      "A tenant would be deleted with everything in it, and created again:",
      replacedTenants,
    ),
    ...alert("WARNING", "Customers removed, with their tenants:", customers.removed),
    ...alert("IMPORTANT", "Not in this preview, which takes them from the main branch:", notPreviewed),
  ];
}

function list(sentences: readonly string[], most = mostRows): string[] {
  if (sentences.length === 0) return [];
  const more = sentences.length - most;
  return [
    "",
    ...sentences.slice(0, most).map((sentence) => `- ${literal(sentence, longestSentence)}`),
    ...(more > 0 ? [`- … and ${more} more.`] : []),
  ];
}

/** What may break something comes first, one sentence each. */
function warnings(sentences: readonly string[]): string[] {
  const [blank, ...items] = list(sentences, mostWarnings);
  return blank === undefined ? [] : [blank, "> [!WARNING]", ...items.map((item) => `> ${item}`)];
}

/** @see {@link https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts GitHub, alerts} */
function alert(kind: "CAUTION" | "WARNING" | "IMPORTANT", text: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - mostNames;
  const listed =
    names
      .slice(0, mostNames)
      .map((name) => code(name))
      .join(", ") + (more > 0 ? ` and ${more} more` : "");
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
  const kindsOfCustomers = ["removed", "adopted", "added", "changed", "handedOver", "forgotten"] as const;
  const applicationsOf = groupBy(
    changes.filter(({ subject }) => subject === "application"),
    ({ customer }) => customer,
  );
  return kindsOfCustomers.flatMap((kind) =>
    customers[kind].map((name) => {
      const applications = applicationsOf.get(name) ?? [];
      return [kind === "handedOver" ? "handed over" : kind, code(name), String(applications.length)];
    }),
  );
}

/** What is created or deleted with its customer needs no row. */
function resourceRows(summary: Summary): string[][] {
  const whole = new Set([...summary.customers.added, ...summary.customers.removed]);
  return changesToList(summary)
    .filter(({ subject, customer }) => subject !== "customer" && !whole.has(customer))
    .map(({ kind, subject, name, type }) => [
      kind === "replaced" ? "**replaced**" : kind,
      subject === "other" ? code(type) : subject,
      code(name),
    ]);
}

function detailRows(summary: Summary): string[][] {
  const value = (text: string | undefined): string => (text === undefined ? "" : code(text, longestSentence));
  const ofChanges = changesToList(summary).flatMap(({ name, details }) =>
    details.map((detail) => ({ name, ...detail })),
  );
  return [...ofChanges, ...summary.declared].map(({ name, what, before, after }) => [
    code(name),
    literal(what),
    value(before),
    value(after),
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
