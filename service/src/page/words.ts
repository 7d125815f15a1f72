import { z } from "zod";

import { wordsOfProgress } from "./progress-words";

/** Names of the kinds of event, for people. */
export const eventWords: Readonly<Partial<Record<string, string>>> = {
  requested: "Requested it",
  planned: "The plan is ready, and waits for approval",
  plannedAndApproved: "The plan is ready, and needs no further approval",
  plannedNothing: "Nothing has to change: everything is already as requested",
  planFailed: "The plan failed",
  questionAsked: "Asked a question",
  questionAnswered: "Answered",
  approvalGiven: "Approved the plan",
  approved: "It has all the approvals it needs",
  refused: "It has ended: refused",
  approvalsRevoked: "The plan changed: its approvals are no longer valid",
  approvalNotVerified: "An approval could not be verified, and does not count",
  glassBroken: "Had it applied without a second person's approval",
  glassReviewed: "Reviewed the break-glass",
  withdrawn: "Withdrew it",
  expired: "It has expired: it was not completed in time",
  applyStarted: "The service starts to apply it",
  planChanged: "The result would differ from the approved plan: a new plan is made",
  planOutdated: "The customer has changed: a new plan is made",
  applied: "Applied and recorded",
  applyFailed: "It could not be completed",
  retried: "Retried it",
  outsideUpdate: "The customer's stack was changed outside the service",
  leaseTakenOver: "Another worker has taken over",
  leftUnapplied: "It was interrupted and not completed",
  rotatedByClock: "The service renewed the credentials by the calendar",
  rotationFailed: "The service could not renew the credentials",
  rotationBeyond: "More would change than the credentials: it waits as a request",
  rotationOverdue: "Credentials should have been renewed long ago",
  logInRefused: "A log-in was refused",
  logIn: "Logged in",
  logOut: "Logged out",
  accessRefused: "Was refused access",
  rolesChanged: "The identity provider reports other roles or groups",
  recordRead: "Read the record",
  auditRead: "Searched the audit log",
  exported: "Exported the audit log",
  ruleChanged: "The rule of approval has changed",
  paused: "Paused the work",
  resumed: "Resumed the work",
  personForgotten: "A name was deleted",
  absenceBegun: "Named a deputy",
  absenceEnded: "Is back",
  noticeNotDelivered: "A mail, or a message to another system, could not be delivered",
  chainBroken: "The audit log was changed",
};

/** The text that a person wrote, by the kind of event and the member of its data. */
const written: Readonly<Record<string, string>> = {
  questionAsked: "text",
  questionAnswered: "text",
  approvalGiven: "comment",
  glassBroken: "reason",
  glassReviewed: "comment",
  withdrawn: "reason",
  retried: "reason",
  paused: "reason",
  resumed: "reason",
};

/** Describes an event in words. */
export function wordsOfEvent(kind: string, data: Readonly<Record<string, unknown>>): string {
  if (kind === "progress") return wordsOfProgress(data);
  if (kind.startsWith("journal.")) return wordsOfJournal(data);
  const what =
    kind === "approvalGiven" && data["decision"] === "refuse" ? "Refused the plan" : eventWords[kind];
  const text = data[written[kind] ?? ""];
  const own = typeof text === "string" && text !== "" ? `: “${text}”` : "";
  return `${what ?? inWords(kind)}${own}`;
}

const journalEventSchema = z.object({
  type: z.string(),
  operation: z.string(),
  slot: z.string(),
  outcome: z.string().optional(),
});

/** Describes an event of a stack's journal: an intent or its result. */
function wordsOfJournal(data: Readonly<Record<string, unknown>>): string {
  const event = journalEventSchema.safeParse(data).data;
  if (event === undefined) return "An event in the stack's journal";
  const what = `${event.operation} ${event.type} ${event.slot}`;
  return event.outcome === undefined ? `Begun: ${what}` : `Ended: ${what}: ${event.outcome}`;
}

/** A kind without its own words: `noticeFailed` becomes "Notice failed". */
function inWords(kind: string): string {
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Writes a time for people, with the instant in the attribute beside it. */
export function timeWords(at: string, precision: "minutes" | "seconds" = "minutes"): string {
  return `${at.slice(0, 10)} ${at.slice(11, precision === "minutes" ? 16 : 19)} UTC`;
}
