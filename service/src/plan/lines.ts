import { readApplicationName } from "pulumi-resistant-tenants/internal/vocabulary";
import type { Change } from "resistant-tenants-operations/preview/change";
import { describeDetail, type Detail } from "resistant-tenants-operations/preview/details";
import { settingLines } from "resistant-tenants-operations/preview/sentences";

import type { PlanFacts, PlanPart } from "./facts";

/**
 * Describes a plan in plain words, only from the facts behind the approved digest: what people read is what
 * they approve.
 */
export function linesOf(facts: PlanFacts): string[] {
  const lines = facts.parts.flatMap((part) => linesOfPart(part, facts.parts.length > 1));
  const { policy } = facts;
  return [...lines, ...(policy.pack === null ? [] : [`The policy pack ${policy.pack} has no objection.`])];
}

/** Resources that exist only in the state need no approval of their own. */
const isInternal = ({ subject, type }: Change): boolean =>
  subject === "customer" ||
  (subject === "other" && (type.startsWith("resistant:index:") || type.startsWith("pulumi:")));

function linesOfPart(part: PlanPart, isOneOfSeveral: boolean): string[] {
  const { changes, summary, customer } = part;
  const ends = endsOf(part);
  if (part.isEmpty) return [`customer ${customer}: only its record changes.`, ...ends];
  const told = changes.filter((change) => !isInternal(change));
  const lines = [
    ...told.flatMap((change) => sentenceOf(change, part)),
    ...summary.declared.map(({ name, ...detail }) => `changes ${name}: ${describeDetail(detail)}`),
    ...summary.waiting,
    ...settingsOf(part),
    ...summary.consequences.map(({ isGrave, text }) => (isGrave ? `Warning: ${text}` : text)),
    ...irreversible(part),
    ...ends,
  ];
  return isOneOfSeveral ? lines.map((line) => `customer ${customer}: ${line}`) : lines;
}

/** Describes until when the customer is needed, if that changes. */
function endsOf({ endsOn }: PlanPart): string[] {
  if (endsOn === undefined) return [];
  return endsOn === null ? ["no longer has an end date"] : [`is needed until ${endsOn}`];
}

/** At a first update every setting is new: the stage's settings are no decision of this request. */
function settingsOf({ summary, steps }: PlanPart): string[] {
  return summary.isFirst ? [] : settingLines({ ...summary, digest: steps });
}

const verbs = {
  replaced: "replaces",
  removed: "deletes",
  retired: "deletes",
  rotated: "creates",
  adopted: "takes over",
  added: "creates",
  changed: "changes",
  "handed over": "hands over",
  forgotten: "forgets",
} as const satisfies Record<Change["kind"], string>;

function sentenceOf(change: Change, part: PlanPart): string[] {
  const { kind, subject, name } = change;
  const verb = verbs[kind];
  switch (subject) {
    case "customer":
      return [];
    case "tenant":
      return [`${verb} tenant ${name}${ofNew(change)}`];
    case "application": {
      const { cell = "", purpose = "", generation = 1 } = readApplicationName(name) ?? {};
      const which = `application ${purpose} in ${cell}`;
      if (kind === "rotated") return [`creates generation ${generation} of ${which}${ofChange(change)}`];
      if (kind === "retired")
        return [`deletes the previous client of ${which}: its credential stops working`];
      return [`${verb} ${which}${kind === "added" || kind === "adopted" ? ofNew(change) : ofChange(change)}`];
    }
    case "signing key":
      return kind === "added" || kind === "rotated"
        ? [`creates a key pair for ${name}`]
        : [`${verb} the key pair of ${name}`];
    case "secret": {
      const secret = part.secrets[name] ?? name;
      if (kind !== "added") return [`${verb} the secret ${secret}${ofChange(change)}`];
      const readers = change.details.find(({ what }) => what === "readers")?.after;
      const others = change.details.filter(({ what }) => what !== "readers");
      return [
        `stores its credentials in Secrets Manager as ${secret}, readable by ${readers ?? "those whom IAM allows"}${inBrackets(others)}`,
      ];
    }
    case "secret value":
      if (kind === "added" || kind === "rotated")
        return kind === "added"
          ? []
          : [`stores the new credential of ${name}; the previous one stays as AWSPREVIOUS`];
      return kind === "retired" ? [] : [`${verb} the stored credential of ${name}`];
    case "other":
      return [`${verb} ${change.type} ${name}${ofChange(change)}`];
  }
}

function ofNew({ details }: Change): string {
  return inBrackets(details);
}

function inBrackets(details: readonly Detail[]): string {
  if (details.length === 0) return "";
  return ` (${details.map(({ what, after }) => `${what}: ${after ?? "none"}`).join("; ")})`;
}

function ofChange({ details }: Change): string {
  return details.length === 0 ? "" : `: ${details.map(describeDetail).join("; ")}`;
}

function irreversible({ changes }: PlanPart): string[] {
  const gone = changes.filter(
    ({ kind, subject }) =>
      (kind === "removed" || kind === "replaced") && (subject === "tenant" || subject === "application"),
  );
  const made = changes.filter(({ kind, subject }) => kind === "added" && subject === "tenant");
  const forNow = made.map(
    ({ name }) =>
      `Cannot be undone: a tenant cannot be renamed, so it stays ${name}; deleting it later deletes all documents in it.`,
  );
  if (gone.length === 0) return forNow;
  const what = gone.map(({ subject, name }) =>
    subject === "tenant"
      ? `the deletion of tenant ${name} with all documents in it`
      : `the deletion of client ${name}`,
  );
  return [...forNow, `Cannot be undone: ${what.join("; ")}.`];
}
