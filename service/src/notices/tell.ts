import type { Selectable } from "kysely";

import type { ServiceContext } from "../context";
import { isSamePerson } from "../person";
import type { RequestsTable, Writing } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import type { RequestEvent } from "../requests/state-machine";
import { tellChats } from "./chat";
import { type NewNotice, putNotices } from "./outbox";
import { eligibleApprovers, everybodyWith, identityOf, type PersonRow, without } from "./recipients";
import { type NoticeBody, type Topic, writeBody } from "./topics";

type RequestRow = Selectable<RequestsTable>;
type Needed = Omit<ServiceContext, "jobs">;

/** An event of a request. */
export interface Happened {
  event: RequestEvent;
  actorId?: string | undefined;
  data?: Readonly<Record<string, unknown>>;
}

/**
 * Queues the notices of a transition, in its transaction. It locks no row of another request or person.
 *
 * @param request - As it is after the transition.
 */
export async function tellOfTransition(
  context: Needed,
  writing: Writing,
  request: RequestRow,
  { event, actorId, data = {} }: Happened,
): Promise<void> {
  if (event === "planned") await tellChats(context, writing, request, textOf(data["digest"]));
  if (context.settings.mail === undefined) return;
  // Each transition of a request gets its own notices.
  const once = `${event} ${request.updated_at.toISOString()}`;
  const by = actorId === undefined ? {} : { actorId };
  const tell = (topic: Topic, people: readonly string[], more: NoticeBody = {}, key = once): Promise<void> =>
    putNotices(context, writing, mailsTo(request, topic, people, { key, body: { ...by, ...more } }));
  const requester = [request.requester_id];
  switch (event) {
    case "planned": {
      const digest = textOf(data["digest"]);
      const approvers = await eligibleApprovers(context, writing, request, true);
      // The same plan, made again, is announced once.
      return tell("needsApproval", ids(approvers), { digest }, `needsApproval ${digest}`);
    }
    case "approved":
    case "refused":
    case "expired":
      return tell(event, requester);
    case "applied":
    case "plannedNothing":
      return tell("done", requester, { isUnchanged: event === "plannedNothing" });
    case "planFailed":
      return tell("failed", requester);
    case "applyFailed": {
      await tell("failed", requester);
      const administrators = await everybodyWith(context, writing, ["administrator"]);
      return tell("needsAdministrator", ids(without(administrators, request)));
    }
    case "withdrawn":
      return (await isOwn(writing, request, actorId)) ? undefined : tell("withdrawn", requester);
    case "glassBroken": {
      // Including the administrator who used break-glass: the account may have been misused.
      const everybody = await everybodyWith(context, writing, ["approver", "administrator", "auditor"]);
      return tell("glassBroken", [...new Set([...ids(everybody), ...requester])], {
        text: textOf(data["reason"]),
      });
    }
    // No one needs to act; a plan that is made again is announced then.
    case "plannedAndApproved":
    case "applyStarted":
    case "retried":
    case "planChanged":
    case "planOutdated":
      return undefined;
  }
}

/** Notifies the requester that one of several approvals was given. */
export async function tellOfApproval(
  context: Needed,
  writing: Writing,
  request: RequestRow,
  { actorId, digest, given, missing }: { actorId: string; digest: string; given: number; missing: number },
): Promise<void> {
  const told = { key: `approval ${digest} ${given}`, body: { actorId, given, missing } };
  await put(context, writing, mailsTo(request, "approvalGiven", [request.requester_id], told));
}

/** A question about a request, or its answer. */
export interface Said {
  actorId: string;
  text: string;
  /** The notice is sent once per id. */
  id: string;
}

/** Notifies the requester of a question. */
export async function tellOfQuestion(
  context: Needed,
  writing: Writing,
  request: RequestRow,
  { actorId, text, id }: Said,
): Promise<void> {
  const told = { key: `question ${id}`, body: { actorId, text } };
  await put(context, writing, mailsTo(request, "question", [request.requester_id], told));
}

/** Notifies the person who asked a question of its answer. */
export async function tellOfAnswer(
  context: Needed,
  writing: Writing,
  request: RequestRow,
  { actorId, text, id, toId }: Said & { toId: string },
): Promise<void> {
  const told = { key: `answer ${id}`, body: { actorId, text } };
  await put(context, writing, mailsTo(request, "answer", [toId], told));
}

/** Notifies a deputy and the absent approver of an absence. */
export async function tellOfAbsence(
  context: Needed,
  writing: Writing,
  {
    id,
    personId,
    deputyId,
    from,
    until,
  }: Record<"id" | "personId" | "deputyId", string> & Record<"from" | "until", Date>,
): Promise<void> {
  const body = { actorId: personId, from: from.toISOString(), until: until.toISOString() };
  const told = { key: `absence ${id}`, body };
  await put(context, writing, [
    ...mailsTo(undefined, "deputyNamed", [deputyId], told),
    // If it was not their own doing, they learn of it.
    ...mailsTo(undefined, "deputyConfirmed", [personId], { key: told.key, body: { ...body, deputyId } }),
  ]);
}

/** Something outside of requests that someone must look at. */
export interface Attention {
  /** The notice is sent once per id. */
  id: string;
  stage: string;
  customer: string;
  /** What happened, and what to do next, in a sentence written by the service. */
  text: string;
  /** The page that shows it. Default: the customer's page. */
  path?: string;
  /** Recipients in addition to administrators: ids in `people`. */
  also?: readonly string[];
}

/** Notifies administrators of something that needs attention, such as an overdue rotation. */
export async function tellOfAttention(
  context: Needed,
  writing: Writing,
  { id, stage, customer, text, path = `/customers/${stage}/${customer}`, also = [] }: Attention,
): Promise<void> {
  if (context.settings.mail === undefined) return;
  const administrators = await everybodyWith(context, writing, ["administrator"]);
  const told = { key: `attention ${id}`, body: { stage, customer, text, path } };
  const people = [...new Set([...ids(administrators), ...also])];
  await putNotices(context, writing, mailsTo(undefined, "attention", people, told));
}

/** Creates a mail for each person. */
export function mailsTo(
  request: Pick<RequestRow, "id"> | undefined,
  topic: Topic,
  people: readonly string[],
  { key, body }: { key: string; body: NoticeBody },
): NewNotice[] {
  return people.map((personId) => ({
    channel: "mail",
    topic,
    key: `${request?.id ?? ""} ${key}`,
    personId,
    requestId: request?.id,
    body: writeBody(body),
  }));
}

async function put(context: Needed, writing: Writing, notices: readonly NewNotice[]): Promise<void> {
  if (context.settings.mail !== undefined) await putNotices(context, writing, notices);
}

async function isOwn(writing: Writing, request: RequestRow, actorId: string | undefined): Promise<boolean> {
  if (actorId === request.requester_id) return true;
  const actor = await writing
    .selectFrom("people")
    .selectAll()
    .where("id", "=", actorId ?? request.id)
    .executeTakeFirst();
  return actor !== undefined && isSamePerson(identityOf(actor), requesterOf(request));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function ids(people: readonly PersonRow[]): string[] {
  return people.map(({ id }) => id);
}
