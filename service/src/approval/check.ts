import type { Selectable } from "kysely";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { ServiceContext } from "../context";
import { type Absent, type Identity, isSamePerson, type Role } from "../person";
import type { ApprovalsTable, PeopleTable, Reading, RequestsTable } from "../records/schema";
import type { RequestKind } from "../requests/request";
import { requesterOf, verifyRequest } from "../requests/signed-request";
import { type ApprovalRule, approvalRuleSchema } from "../settings/settings";
import { IssuerKeysError } from "../signing/issuer-keys";
import { digestOf } from "../signing/signature";
import { isNotRevoked, isOpen } from "./ends";
import { verifyEvidence } from "./evidence";
import { validGlassOf } from "./glass";
import {
  type Approver,
  countPersons,
  endOf,
  isEnough,
  objectionTo,
  type Requirement,
  requirementOf,
} from "./rule";

type RequestRow = Selectable<RequestsTable>;
type ApprovalRow = Selectable<ApprovalsTable>;

/** An approval that does not count, and why. */
export interface NotCounted {
  approvalId: string;
  why: string;
  /** Whether it looks forged. */
  isForged: boolean;
}

/** The result of checking a plan's approvals. */
export interface Checked {
  isApproved: boolean;
  requirement: Requirement;
  /** How many people have approvals that count. */
  given: number;
  missing: number;
  /** The approvals that count. */
  counted: string[];
  /** The use of break-glass that replaces them. */
  glassId: string | undefined;
  notCounted: NotCounted[];
}

/** Returns what a request needs: the stricter of its own rule and the present one. */
export function requirementFor(
  { settings }: Pick<ServiceContext, "settings">,
  request: Pick<RequestRow, "stage" | "kind" | "rule">,
): Requirement {
  const present = (settings.stages as Partial<Record<string, { approvals: ApprovalRule }>>)[request.stage];
  const kind = request.kind as RequestKind;
  const stored = approvalRuleSchema.parse(request.rule);
  return requirementOf(request.stage, kind, stored, ...(present ? [present.approvals] : []));
}

/**
 * Checks the approvals of a plan as they are now: the evidence of each, the roles and groups that its
 * approver had then and has now, the stricter rule, and the time. It runs at each decision, and again just
 * before a plan is applied.
 *
 * @param isBegun - Whether the apply that uses them has started: then those that it has used count, too.
 * @throws {@link IssuerKeysError} if an ID token cannot be verified now: ask again later
 */
export async function checkApprovals(
  context: Pick<ServiceContext, "approvals" | "database" | "now" | "settings">,
  request: RequestRow,
  plan: { digest: string },
  reading: Reading = context.database,
  { isBegun = false }: { isBegun?: boolean } = {},
): Promise<Checked> {
  const requirement = requirementFor(context, request);
  const requestProblem = await problemOf(request, context);
  const candidates = await candidatesOf(reading, request.id, plan.digest, isBegun);
  const counted: { id: string; approver: Approver }[] = [];
  const notCounted: NotCounted[] = [];
  const requesterNow = await identityNow(reading, request.requester_id);
  for (const approval of candidates) {
    const found =
      requestProblem ?? (await weigh(context, reading, { request, requesterNow, approval, requirement }));
    if ("why" in found) notCounted.push({ approvalId: approval.id, ...found });
    else counted.push({ id: approval.id, approver: found });
  }
  const approvers = counted.map(({ approver }) => approver);
  const given = countPersons(approvers);
  const glassId =
    requestProblem === undefined
      ? await validGlassOf(context, reading, request, plan.digest, isBegun)
      : undefined;
  const missing = Math.max(0, requirement.required - given);
  const isGlassBroken = glassId !== undefined;
  return {
    isApproved: requestProblem === undefined && isEnough(requirement, approvers, isGlassBroken),
    requirement,
    given,
    missing,
    counted: counted.map(({ id }) => id),
    glassId,
    notCounted,
  };
}

type Found = Pick<NotCounted, "why" | "isForged">;

async function problemOf(
  request: RequestRow,
  { approvals }: Pick<ServiceContext, "approvals">,
): Promise<Found | undefined> {
  if (digestOf(request.rule) !== request.rule_hash)
    return { why: "the request's rule was changed", isForged: true };
  try {
    await verifyRequest(approvals, request);
    return undefined;
  } catch (error) {
    return { why: messageOf(error), isForged: true };
  }
}

/** Reads the approvals of a plan that nothing has ended. The chain of events also shows which an apply has used. */
async function candidatesOf(
  reading: Reading,
  requestId: string,
  digest: string,
  isBegun: boolean,
): Promise<ApprovalRow[]> {
  const rows = await reading
    .selectFrom("approvals")
    .selectAll()
    .where("request_id", "=", requestId)
    .where("digest", "=", digest)
    .where("decision", "=", "approve")
    .where(isBegun ? isNotRevoked("approvals") : isOpen("approvals"))
    .orderBy("created_at")
    .execute();
  if (isBegun) return rows;
  const used = rows.length === 0 ? new Set<string>() : await usedByEvents(reading, requestId);
  return rows.filter(({ id }) => !used.has(id));
}

const usedSchema = z.looseObject({ data: z.looseObject({ used: z.array(z.string()) }) });

async function usedByEvents(reading: Reading, requestId: string): Promise<Set<string>> {
  const events = await reading
    .selectFrom("events")
    .select("text")
    .where("request_id", "=", requestId)
    .where("kind", "=", "applyStarted")
    .execute();
  return new Set(events.flatMap(({ text }) => usedSchema.safeParse(JSON.parse(text)).data?.data.used ?? []));
}

/** Returns whose approval it is if it counts, or why it does not. */
async function weigh(
  { approvals: keys, settings, now }: Pick<ServiceContext, "approvals" | "settings" | "now">,
  reading: Reading,
  {
    request,
    requesterNow,
    approval,
    requirement,
  }: {
    request: RequestRow;
    requesterNow: Identity | undefined;
    approval: ApprovalRow;
    requirement: Requirement;
  },
): Promise<Found | Approver> {
  const requester = requesterOf(request);
  const approver = approverOf(approval);
  const evidence = await reading
    .selectFrom("approval_evidence")
    .select("evidence")
    .where("approval_id", "=", approval.id)
    .executeTakeFirst();
  let claims;
  try {
    claims = await verifyEvidence(keys, settings, evidence?.evidence, {
      approval: approval.id,
      request: request.id,
      digest: approval.digest,
      decision: "approve",
      approver,
      requester,
      groups: z.array(z.string()).parse(approval.groups),
      authenticatedAt: approval.authenticated_at.toISOString(),
      at: approval.created_at.toISOString(),
      head: approval.head,
    });
  } catch (error) {
    // If the issuer does not answer, the approval is not therefore forged.
    if (error instanceof IssuerKeysError) throw error;
    return { why: messageOf(error), isForged: true };
  }
  const end = Math.min(endOf(new Date(claims.at), requirement).getTime(), approval.expires_at.getTime());
  if (end <= now().getTime()) return { why: "it has expired", isForged: false };
  const { deputyFor = [] } = claims;
  const then = { ...approver, roles: claims.roles as Role[], groups: claims.groups, deputyFor };
  const present = await personNow(reading, approval.approver_id);
  if (present === undefined) return { why: "its approver is no longer known", isForged: false };
  const [roles, groups] = [present.roles as Role[], present.groups as string[]];
  const lenders = await rightsNow(reading, deputyFor);
  const objection =
    objectionTo(then, requester, requirement) ??
    objectionTo({ ...approver, roles, groups, deputyFor: lenders }, requester, requirement) ??
    (requesterNow !== undefined && isSamePerson(identityOf(present), requesterNow)
      ? "samePerson"
      : undefined);
  if (objection !== undefined) return { why: whys[objection], isForged: false };
  return { ...approver, standsInFor: deputyFor.map(({ identity }) => identity) };
}

/**
 * Returns the absent approvers of a deputy with the groups that they still have: one who is no longer an
 * approver lends none.
 */
async function rightsNow(reading: Reading, deputyFor: readonly Absent[]): Promise<Absent[]> {
  const found: Absent[] = [];
  for (const absent of deputyFor) {
    const present = await personNow(reading, absent.personId);
    if (present === undefined || !(present.roles as Role[]).includes("approver")) continue;
    const groups = absent.groups.filter((group) => (present.groups as string[]).includes(group));
    found.push({ ...absent, groups });
  }
  return found;
}

const whys = {
  machine: "a machine cannot approve",
  samePerson: "its approver is the person who asked",
  notApprover: "its approver does not have the role approver",
  otherGroup: "its approver is in none of the stage's groups",
} as const;

/** Returns the approver's identity. */
export function approverOf(approval: ApprovalRow): { issuer: string; subject: string; person: string } {
  return {
    issuer: approval.approver_issuer,
    subject: approval.approver_subject,
    person: approval.approver_person,
  };
}

async function personNow(reading: Reading, id: string): Promise<Selectable<PeopleTable> | undefined> {
  return await reading.selectFrom("people").selectAll().where("id", "=", id).executeTakeFirst();
}

async function identityNow(reading: Reading, id: string): Promise<Identity | undefined> {
  const person = await personNow(reading, id);
  return person === undefined ? undefined : identityOf(person);
}

function identityOf({ issuer, subject, person }: Selectable<PeopleTable>): Identity {
  return { issuer, subject, person: person ?? undefined };
}
