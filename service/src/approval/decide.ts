import { randomUUID } from "node:crypto";

import { append, headOf } from "../audit/chain";
import type { ServiceContext, Writing } from "../context";
import { isSamePerson, type Person } from "../identity/person";
import { Problem } from "../problem";
import { insistOnSight } from "../requests/access";
import { stackOf } from "../requests/customers-asked-for";
import { requesterOf } from "../requests/signed-request";
import { lockRequest, type RequestRow, transition } from "../requests/transition";
import { approverOf, checkApprovals, requirementFor } from "./check";
import { isOpen } from "./ends";
import { type DecisionToken, EvidenceError, tokenHash, verifyIdToken } from "./evidence";
import { presentPlan } from "./honest-plan";
import { endOf, freshForMinutes, isFresh, type Objection, objectionTo } from "./rule";
import { type ApprovalClaims, sign } from "./signature";

/** What an approver sends. */
export interface Decision {
  decision: "approve" | "refuse";
  /** Of the plan that the approver has read. */
  digest: string;
  comment?: string | undefined;
}

/** The receipt of a decision. */
export interface Decided {
  requestId: string;
  approvalId: string;
  /** The head of the chain of events that the approval was shown: to be noted elsewhere. */
  head: string;
}

/**
 * Records somebody's decision on the present plan of a request. The last approval that it needs queues it; one refusal
 * ends it.
 *
 * @param token - What shows that the approver has just logged in for it.
 * @throws {@link Problem} `notFound`, `samePerson`, `forbidden`, `staleLogIn`, `wrongState`, `digest`, `conflict`
 */
export async function decide(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  { decision, digest, comment }: Decision,
  token: DecisionToken,
): Promise<Decided> {
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  const requirement = requirementFor(context, request);
  const person = insistOnApprover(caller, request, requirement);
  const now = context.now();
  const authenticatedAt = token.kind === "accessToken" ? token.authenticatedAt : caller.authenticatedAt;
  if (authenticatedAt === undefined || !isFresh(authenticatedAt, now)) throw refused("staleLogIn", requestId);
  await presentPlan(writing, request, digest);
  await insistOnFirstDecision(context, writing, request, { digest, caller });
  const { hash: head } = await headOf(writing);
  const approver = { issuer: caller.issuer, subject: caller.subject, person };
  const claims: ApprovalClaims = {
    approval: randomUUID(),
    request: requestId,
    digest,
    decision,
    approver,
    requester: requesterOf(request),
    roles: [...caller.roles],
    groups: [...caller.groups],
    authenticatedAt: authenticatedAt.toISOString(),
    at: now.toISOString(),
    head,
    by: token.kind,
    token: tokenHash(token),
  };
  await insistOnToken(context, token, claims);
  await insert(context, writing, { claims, request, approverId: caller.id, comment, token });
  const actor = { actorId: caller.id, requestId };
  await append(context, writing, {
    ...actor,
    kind: "approvalGiven",
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: {
      approval: claims.approval,
      decision,
      digest,
      requester: request.requester_id,
      ...(comment === undefined ? {} : { comment }),
    },
  });
  await goOn(context, writing, { request, decision, digest, caller });
  return { requestId, approvalId: claims.approval, head };
}

function insistOnApprover(
  caller: Person,
  request: RequestRow,
  requirement: Parameters<typeof objectionTo>[2],
): string {
  const objection = objectionTo(caller, requesterOf(request), requirement);
  if (objection !== undefined || caller.person === undefined)
    throw refused(objection ?? "machine", request.id);
  return caller.person;
}

function refused(objection: Objection, requestId: string): Problem {
  const more = { requestId };
  switch (objection) {
    case "samePerson":
      return new Problem(
        "samePerson",
        "Whoever asked does not approve, by whichever account: ask somebody else.",
        more,
      );
    case "staleLogIn":
      return new Problem(
        "staleLogIn",
        `To approve, you must have logged in within the last ${freshForMinutes} minutes: log in again.`,
        more,
      );
    case "machine":
      return new Problem("forbidden", "A machine may ask, and never approves.", more);
    case "otherGroup":
      return new Problem("forbidden", "Only members of the stage's groups approve here.", more);
    case "notApprover":
      return new Problem("forbidden", "To approve, you need the role approver.", more);
  }
}

/** A person decides on a plan once, by whichever account. */
async function insistOnFirstDecision(
  { now }: ServiceContext,
  writing: Writing,
  { id }: RequestRow,
  { digest, caller }: { digest: string; caller: Person },
): Promise<void> {
  const earlier = await writing
    .selectFrom("approvals")
    .selectAll()
    .where("request_id", "=", id)
    .where("digest", "=", digest)
    .where("expires_at", ">", now())
    .where(isOpen("approvals"))
    .execute();
  if (earlier.some((approval) => isSamePerson(approverOf(approval), caller)))
    throw new Problem("conflict", "You have approved this plan already.");
}

/** What the worker would not count is not taken. */
async function insistOnToken(
  { approvals, settings }: ServiceContext,
  token: DecisionToken,
  claims: ApprovalClaims,
): Promise<void> {
  if (token.kind !== "idToken") return;
  try {
    await verifyIdToken(approvals, settings, token, claims);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw new Problem(
      "forbidden",
      `This log-in does not approve the plan: ${error.message}. Decide again.`,
      { requestId: claims.request },
      { cause: error },
    );
  }
}

async function insert(
  { approvals, settings }: ServiceContext,
  writing: Writing,
  {
    claims,
    request,
    approverId,
    comment,
    token,
  }: {
    claims: ApprovalClaims;
    request: RequestRow;
    approverId: string;
    comment: string | undefined;
    token: DecisionToken;
  },
): Promise<void> {
  const at = new Date(claims.at);
  await writing
    .insertInto("approvals")
    .values({
      id: claims.approval,
      request_id: request.id,
      kind: request.kind,
      digest: claims.digest,
      decision: claims.decision,
      comment: comment ?? null,
      approver_id: approverId,
      approver_issuer: claims.approver.issuer,
      approver_subject: claims.approver.subject,
      approver_person: claims.approver.person,
      requester_issuer: request.requester_issuer,
      requester_subject: request.requester_subject,
      requester_person: request.requester_person,
      groups: JSON.stringify(claims.groups),
      authenticated_at: claims.authenticatedAt,
      head: claims.head,
      created_at: at,
      expires_at: endOf(at, requirementFor({ settings }, request)),
    })
    .execute();
  const evidence = {
    signature: await sign(approvals, "approval", claims),
    ...(token.kind === "idToken" ? { idToken: token.idToken, random: token.random } : {}),
  };
  await writing
    .insertInto("approval_evidence")
    .values({ approval_id: claims.approval, evidence: JSON.stringify(evidence) })
    .execute();
}

async function goOn(
  context: ServiceContext,
  writing: Writing,
  {
    request,
    decision,
    digest,
    caller,
  }: { request: RequestRow; decision: Decision["decision"]; digest: string; caller: Person },
): Promise<void> {
  const requestId = request.id;
  if (decision === "refuse") {
    await transition(context, writing, { requestId, event: "refused", actorId: caller.id, data: { digest } });
    return;
  }
  const { isApproved, counted } = await checkApprovals(context, request, { digest }, writing);
  if (!isApproved) return;
  const approved = {
    requestId,
    event: "approved",
    actorId: caller.id,
    data: { digest, approvals: counted },
  } as const;
  await transition(context, writing, approved);
  await context.jobs.apply(writing, requestId, stackOf(request.stage, request.customer ?? "*"));
}
