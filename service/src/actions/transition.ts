import type { Updateable } from "kysely";

import { checkApprovals } from "../approval/check";
import { useUp } from "../approval/ends";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { tellOfTransition } from "../notices/tell";
import { Problem } from "../problem";
import type { RequestRow, RequestsTable, Writing } from "../records/schema";
import type { RequestState } from "../requests/request";
import { approvedStates, next, type RequestEvent } from "../requests/state-machine";

/** A change of a request's state. */
export interface Transition {
  requestId: string;
  event: RequestEvent;
  /** The actor's id in `people`; absent if the service acted by itself. */
  actorId?: string | undefined;
  /** Further data of the event. No credential, and no name of a person. */
  data?: Readonly<Record<string, unknown>>;
  /** Further changes of the request. */
  set?: Pick<Updateable<RequestsTable>, "plan_id" | "problem" | "result">;
}

/**
 * Changes the state of a request and records it; nothing else does. It locks the request, consults the table
 * of states and, before an apply, checks the approvals of the present plan by their evidence; the database
 * also counts them.
 *
 * @throws `WrongStateError` if the event is not possible in its state, {@link Problem} `notFound`, and
 * `conflict` if approvals are missing
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
  await tellOfTransition(context, writing, changed, { event, actorId, data });
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

/** Locks a request until the end of the transaction. */
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

/** Returns the approvals, and the use of break-glass, that count. */
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
      `Request ${request.id} has ${given} of the ${requirement.required} approvals that its plan needs; ${missing} are missing.`,
    );
  return [...counted, ...(glassId === undefined ? [] : [glassId])];
}
