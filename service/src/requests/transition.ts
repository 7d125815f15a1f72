import type { Selectable, Updateable } from "kysely";

import { checkApprovals } from "../approval/check";
import { append } from "../audit/chain";
import type { ServiceContext, Writing } from "../context";
import { Problem } from "../problem";
import type { RequestsTable } from "../records/schema";
import type { RequestState } from "./request";
import { approvedStates, next, type RequestEvent } from "./state-machine";

export type RequestRow = Selectable<RequestsTable>;

/** What happens to a request. */
export interface Transition {
  requestId: string;
  event: RequestEvent;
  /** The id in `people` of whoever did it; absent where the service did it by itself. */
  actorId?: string | undefined;
  /** What else the event says. No credential, and no name of a person. */
  data?: Readonly<Record<string, unknown>>;
  /** What else is written to the request. */
  set?: Pick<Updateable<RequestsTable>, "plan_id" | "problem" | "result">;
}

/**
 * Changes the state of a request, and records it: nothing else does. It locks the request, asks the table of states, and,
 * on the way to an apply, checks the approvals of the present plan by their evidence; the database itself counts them
 * once more.
 *
 * @throws `WrongStateError` where the event cannot happen in its state, {@link Problem} `notFound`, and `conflict` where
 *   approvals are missing
 */
export async function transition(
  context: Omit<ServiceContext, "jobs">,
  writing: Writing,
  { requestId, event, actorId, data = {}, set = {} }: Transition,
): Promise<RequestRow> {
  const request = await lockRequest(writing, requestId);
  const state = next(request.state as RequestState, event);
  const planId = set.plan_id ?? request.plan_id;
  const used = approvedStates.includes(state)
    ? await insistOnApprovals(context, writing, request, planId)
    : undefined;
  const changed = await writing
    .updateTable("requests")
    .set({ ...set, state, updated_at: context.now() })
    .where("id", "=", requestId)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (state === "applying") await useUp(context, writing, used ?? []);
  await append(context, writing, {
    kind: event,
    actorId,
    requestId,
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: {
      from: request.state,
      to: state,
      requester: request.requester_id,
      ...(state === "applying" ? { used: used ?? [] } : {}),
      ...data,
    },
  });
  return changed;
}

/** Locks a request to the end of the transaction. */
export async function lockRequest(writing: Writing, requestId: string): Promise<RequestRow> {
  const request = await writing
    .selectFrom("requests")
    .selectAll()
    .where("id", "=", requestId)
    .forUpdate()
    .executeTakeFirst();
  if (request === undefined) throw new Problem("notFound", `There is no request ${requestId}.`);
  return request;
}

/** Gives the approvals, and the broken glass, that count. */
async function insistOnApprovals(
  context: Omit<ServiceContext, "jobs">,
  writing: Writing,
  request: RequestRow,
  planId: string | null,
): Promise<string[]> {
  const plan =
    planId === null
      ? undefined
      : await writing
          .selectFrom("plans")
          .select("digest")
          .where("id", "=", planId)
          .where("request_id", "=", request.id)
          .executeTakeFirst();
  if (plan === undefined) throw new Problem("conflict", `Request ${request.id} has no plan yet.`);
  const { isApproved, given, missing, counted, glassId, requirement } = await checkApprovals(
    context,
    request,
    plan,
    writing,
  );
  if (!isApproved)
    throw new Problem(
      "conflict",
      `Request ${request.id} has ${given} of ${requirement.required} approvals that its plan needs; ${missing} are missing.`,
    );
  return [...counted, ...(glassId === undefined ? [] : [glassId])];
}

/** An approval is used once: one that another apply has used is a conflict in the database. */
async function useUp(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const ends = ids.map((id) => ({ approval_id: id, how: "used", at: now() }));
  await writing.insertInto("approval_ends").values(ends).execute();
}
