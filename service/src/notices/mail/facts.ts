import { z } from "zod";

import { isOpen } from "../../approval/ends";
import type { ServiceContext } from "../../context";
import { absentWith, presentAbsences } from "../../identity/deputies";
import { isSamePerson } from "../../person";
import type { Reading, RequestRow } from "../../records/schema";
import type { RequestKind, RequestState } from "../../requests/request";
import { ways } from "../../requests/state-machine";
import type { Notice } from "../outbox";
import { eligibleApprovers, identityOf, type PersonRow } from "../recipients";
import { type NoticeBody, readBody, type Topic } from "../topics";
import { oneLine } from "./plain";
import type { Facts } from "./words";

const problemSchema = z.looseObject({ detail: z.string() });

/**
 * Reads the facts of a mail when it is sent.
 *
 * @returns undefined if the mail is outdated: the request was decided, or its plan has changed
 */
export async function factsOf(
  context: Pick<ServiceContext, "approvals" | "database" | "now" | "settings">,
  notice: Notice,
  receiver: PersonRow,
): Promise<Facts | undefined> {
  const { database, settings } = context;
  const topic = notice.topic as Topic;
  const body = readBody(notice.body);
  const request =
    notice.request_id === null
      ? undefined
      : await database
          .selectFrom("requests")
          .selectAll()
          .where("id", "=", notice.request_id)
          .executeTakeFirst();
  if (request !== undefined && !(await isStillSo(context, topic, body, request, receiver))) return undefined;
  const actor = await nameOf(database, body.actorId);
  const deputy = await nameOf(database, body.deputyId);
  return {
    url: settings.url.replace(/\/$/, ""),
    topic,
    body,
    ...(actor === undefined ? {} : { actor }),
    ...(deputy === undefined ? {} : { deputy }),
    ...(request === undefined ? {} : { request: await requestFacts(database, request) }),
    standsInFor: await standsInFor(context, topic, receiver),
  };
}

async function isStillSo(
  context: Parameters<typeof factsOf>[0],
  topic: Topic,
  { digest }: NoticeBody,
  request: RequestRow,
  receiver: PersonRow,
): Promise<boolean> {
  if (topic === "expiring") return ways[request.state as RequestState].expired !== undefined;
  if (topic === "needsAdministrator") return request.state === "failed";
  if (topic !== "needsApproval" && topic !== "reminder") return true;
  if (request.state !== "waitingForApproval") return false;
  const { database } = context;
  const plan = await database
    .selectFrom("plans")
    .select("digest")
    .where("id", "=", request.plan_id ?? "")
    .executeTakeFirst();
  if (plan?.digest !== digest) return false;
  const eligible = await eligibleApprovers(context, database, request);
  const isEligible = eligible.some((person) => isSamePerson(identityOf(person), identityOf(receiver)));
  return isEligible && !(await hasDecided(context, database, request, plan?.digest ?? "", receiver));
}

/** Returns whether a person has already decided a plan, with a decision that still counts. */
export async function hasDecided(
  { now }: Pick<ServiceContext, "now">,
  reading: Reading,
  request: RequestRow,
  digest: string,
  person: PersonRow,
): Promise<boolean> {
  const decided = await reading
    .selectFrom("approvals")
    .select(["approver_issuer", "approver_subject", "approver_person"])
    .where("request_id", "=", request.id)
    .where("digest", "=", digest)
    .where("expires_at", ">", now())
    .where(isOpen("approvals"))
    .execute();
  return decided.some((row) =>
    isSamePerson(identityOf(person), {
      issuer: row.approver_issuer,
      subject: row.approver_subject,
      person: row.approver_person,
    }),
  );
}

async function requestFacts(reading: Reading, request: RequestRow): Promise<NonNullable<Facts["request"]>> {
  const refusal = await reading
    .selectFrom("approvals")
    .select("comment")
    .where("request_id", "=", request.id)
    .where("decision", "=", "refuse")
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  const problem = problemSchema.safeParse(request.problem).data?.detail;
  return {
    id: request.id,
    kind: request.kind as RequestKind,
    stage: request.stage,
    customer: request.customer,
    reason: request.reason,
    expiresAt: request.expires_at,
    requester: (await nameOf(reading, request.requester_id)) ?? "A former user",
    ...(problem === undefined ? {} : { problem }),
    ...(refusal?.comment == null ? {} : { comment: refusal.comment }),
  };
}

async function standsInFor(
  context: Parameters<typeof factsOf>[0],
  topic: Topic,
  receiver: PersonRow,
): Promise<string[]> {
  if (topic !== "needsApproval" && topic !== "reminder") return [];
  const absent = absentWith(await presentAbsences(context, context.database), identityOf(receiver));
  const names = await Promise.all(absent.map(({ personId }) => nameOf(context.database, personId)));
  return names.map((name) => name ?? "an absent approver");
}

async function nameOf(reading: Reading, id: string | undefined): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const person = await reading.selectFrom("people").select("name").where("id", "=", id).executeTakeFirst();
  const name = oneLine(person?.name ?? "", 80);
  return name === "" ? undefined : name;
}
