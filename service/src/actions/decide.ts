import { randomUUID } from "node:crypto";

import { insistOnSight } from "../approval/access";
import { approverOf, checkApprovals, requirementFor } from "../approval/check";
import { isOpen } from "../approval/ends";
import { EvidenceError, tokenHash, verifyIdToken } from "../approval/evidence";
import {
  absentNeededBy,
  decideAlone,
  endOf,
  freshForMinutes,
  isDecidedAlone,
  isFresh,
  type Objection,
  objectionTo,
} from "../approval/rule";
import { append, headOf } from "../audit/chain";
import type { ServiceContext } from "../context";
import { type DecisionToken } from "../identity/decision-log-in";
import { tellOfApproval } from "../notices/tell";
import { isMachine, isSamePerson, type Person } from "../person";
import { presentPlan } from "../plan/honest-plan";
import { Problem } from "../problem";
import type { RequestRow, Writing } from "../records/schema";
import { stackOf } from "../requests/customers-asked-for";
import { requesterOf } from "../requests/signed-request";
import { IssuerKeysError } from "../signing/issuer-keys";
import { type ApprovalClaims, sign } from "../signing/signature";
import { insistOnNoCredential } from "./free-text";
import { lockRequest, transition } from "./transition";

/** What an approver sends. */
export interface Decision {
  decision: "approve" | "refuse";
  /** The digest of the plan that the approver has read. */
  digest: string;
  comment?: string | undefined;
}

/** The receipt of a decision. */
export interface Decided {
  requestId: string;
  approvalId: string;
  /** The head of the chain of events that the approval contains, to be noted elsewhere. */
  head: string;
}

/**
 * Records a decision on the present plan of a request. The last required approval queues it; one refusal ends
 * it.
 *
 * @param token - Proves that the approver has just logged in for it.
 * @throws {@link Problem} `notFound`, `samePerson`, `forbidden`, `staleLogIn`, `wrongState`, `digest`,
 * `conflict`
 */
export async function decide(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  givenId: string,
  { decision, digest, comment }: Decision,
  token: DecisionToken,
): Promise<Decided> {
  // A role that may never decide gets the same answer whether or not the request exists.
  if (isMachine(caller) || !caller.roles.includes("approver"))
    throw refused(isMachine(caller) ? "machine" : "notApprover");
  const request = await lockRequest(writing, givenId);
  // The database also finds an id in capital letters: the request's own id is signed.
  const requestId = request.id;
  insistOnSight(context, caller, request);
  const requirement = requirementFor(context, request);
  const person = insistOnApprover(caller, request, requirement);
  insistOnNoCredential("comment", comment);
  const now = context.now();
  const authenticatedAt = token.kind === "accessToken" ? token.authenticatedAt : caller.authenticatedAt;
  if (authenticatedAt === undefined || !isFresh(authenticatedAt, now)) throw refused("staleLogIn", requestId);
  const { facts } = await presentPlan(writing, request, digest);
  if (isOfSeveral(token) && (await isDecidedAlone(context, writing, request, facts)))
    throw new Problem("conflict", `This plan deletes something: ${decideAlone}`, { requestId });
  await insistOnFirstDecision(context, writing, request, { digest, caller });
  const { hash: head } = await headOf(writing);
  const approver = { issuer: caller.issuer, subject: caller.subject, person };
  const together = token.kind === "idToken" ? (token.together ?? []) : [];
  const deputyFor = absentNeededBy(caller, requesterOf(request), requirement);
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
    ...(deputyFor.length === 0
      ? {}
      : { deputyFor: deputyFor.map((absent) => ({ ...absent, groups: [...absent.groups] })) }),
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
      ...(deputyFor.length === 0 ? {} : { deputyFor: deputyFor.map(({ personId }) => personId) }),
      ...(comment === undefined ? {} : { comment }),
      // The other requests of the same log-in.
      ...(together.length === 0 ? {} : { together: together.map((one) => one.request) }),
    },
  });
  await goOn(context, writing, { request, decision, digest, caller });
  return { requestId, approvalId: claims.approval, head };
}

function isOfSeveral(token: DecisionToken): boolean {
  return token.kind === "idToken" && token.together !== undefined;
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

function refused(objection: Objection, requestId?: string): Problem {
  const more = requestId === undefined ? {} : { requestId };
  switch (objection) {
    case "samePerson":
      return new Problem(
        "samePerson",
        "The requester cannot approve, even with another account: ask another person.",
        more,
      );
    case "staleLogIn":
      return new Problem(
        "staleLogIn",
        `To approve, you must have logged in within the last ${freshForMinutes} minutes: log in again.`,
        more,
      );
    case "machine":
      return new Problem("forbidden", "A machine can send requests, but cannot approve.", more);
    case "otherGroup":
      return new Problem("forbidden", "Only members of the stage's groups can approve here.", more);
    case "notApprover":
      return new Problem("forbidden", "To approve, you need the role approver.", more);
  }
}

/** A person decides a plan once, from any account. */
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
    throw new Problem("conflict", "You have already approved this plan.");
}

/** Refuses evidence that the worker would not accept. */
async function insistOnToken(
  { approvals, settings }: ServiceContext,
  token: DecisionToken,
  claims: ApprovalClaims,
): Promise<void> {
  if (token.kind !== "idToken") return;
  try {
    await verifyIdToken(approvals, settings, token, claims);
  } catch (error) {
    if (error instanceof IssuerKeysError)
      throw new Problem(
        "unavailable",
        "The identity provider does not give its keys now: nothing was decided. Try again later.",
        { requestId: claims.request },
        { cause: error },
      );
    if (!(error instanceof EvidenceError)) throw error;
    throw new Problem(
      "forbidden",
      `This log-in is not valid as an approval of the plan: ${error.message}. Decide again.`,
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
    ...(token.kind === "idToken" ? storedOf(token) : {}),
  };
  await writing
    .insertInto("approval_evidence")
    .values({ approval_id: claims.approval, evidence: JSON.stringify(evidence) })
    .execute();
}

function storedOf({ idToken, random, together }: Extract<DecisionToken, { kind: "idToken" }>): object {
  return { idToken, random, ...(together === undefined ? {} : { together }) };
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
  const { isApproved, counted, given, missing } = await checkApprovals(context, request, { digest }, writing);
  if (!isApproved) {
    await tellOfApproval(context, writing, request, { actorId: caller.id, digest, given, missing });
    return;
  }
  const approved = {
    requestId,
    event: "approved",
    actorId: caller.id,
    data: { digest, approvals: counted },
  } as const;
  await transition(context, writing, approved);
  await context.jobs.apply(writing, requestId, stackOf(request.stage, request.customer ?? "*"));
}
