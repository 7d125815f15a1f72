import { sql } from "kysely";

import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { RequestRow } from "../records/schema";
import type { RequestState } from "../requests/request";
import { ways } from "../requests/state-machine";
import { hasDecided } from "./mail/facts";
import { type NewNotice, putNotices } from "./outbox";
import { eligibleApprovers } from "./recipients";
import { mailsTo } from "./tell";

const hourMs = 3_600_000;
const expiring = (Object.keys(ways) as RequestState[]).filter((state) => ways[state].expired !== undefined);
type Needed = Omit<ServiceContext, "jobs">;

/** Reminds approvers of waiting plans at intervals, and announces requests that will expire soon, once. */
export async function remind(context: Needed): Promise<void> {
  if (context.settings.mail === undefined) return;
  await remindApprovers(context, context.settings.mail);
  await warnOfExpiry(context, context.settings.mail);
}

async function remindApprovers(
  context: Needed,
  { remindAfterHours, remindEveryHours }: { remindAfterHours: number; remindEveryHours: number },
): Promise<void> {
  const now = context.now();
  const waiting = await context.database
    .selectFrom("requests")
    .innerJoin("plans", "plans.id", "requests.plan_id")
    .selectAll("requests")
    .select("plans.digest")
    // The same plan may have been made again meanwhile: it has waited since the first time.
    .select(
      sql<Date>`(select min(p.made_at) from plans p
        where p.request_id = requests.id and p.digest = plans.digest)`.as("since"),
    )
    .where("state", "=", "waitingForApproval")
    .execute();
  for (const { digest, since, ...request } of waiting) {
    const waitedMs = now.getTime() - since.getTime() - remindAfterHours * hourMs;
    if (waitedMs < 0) continue;
    const interval = Math.floor(waitedMs / (remindEveryHours * hourMs));
    const key = `reminder ${digest} ${interval}`;
    const approvers = await undecided(context, request, digest);
    await put(context, mailsTo(request, "reminder", approvers, { key, body: { digest } }));
  }
}

async function warnOfExpiry(
  context: Needed,
  { warnBeforeHours }: { warnBeforeHours: number },
): Promise<void> {
  const now = context.now();
  const soon = await context.database
    .selectFrom("requests")
    .leftJoin("plans", "plans.id", "requests.plan_id")
    .selectAll("requests")
    .select("plans.digest")
    .where("state", "in", expiring)
    .where("expires_at", ">", now)
    .where("expires_at", "<=", new Date(now.getTime() + warnBeforeHours * hourMs))
    .execute();
  for (const { digest, ...request } of soon) {
    // A request with a short validity is not "about to expire" right from the start.
    const halfTime = (request.created_at.getTime() + request.expires_at.getTime()) / 2;
    if (now.getTime() < halfTime) continue;
    const key = `expiring ${request.expires_at.toISOString()}`;
    const approvers =
      request.state === "waitingForApproval" ? await undecided(context, request, digest ?? "") : [];
    const people = [request.requester_id, ...approvers];
    await put(context, mailsTo(request, "expiring", people, { key, body: {} }));
  }
}

/** Lists the approvers who have not decided a plan yet. */
async function undecided(context: Needed, request: RequestRow, digest: string): Promise<string[]> {
  const found: string[] = [];
  for (const person of await eligibleApprovers(context, context.database, request, true))
    if (!(await hasDecided(context, context.database, request, digest, person))) found.push(person.id);
  return found;
}

async function put(context: Needed, notices: readonly NewNotice[]): Promise<void> {
  await write(context, (writing) => putNotices(context, writing, notices));
}
