import { randomUUID } from "node:crypto";

import { decide, type Decided, type Decision } from "resistant-tenants-service/actions/decide";
import { planMade } from "resistant-tenants-service/actions/planned";
import type { DecisionToken } from "resistant-tenants-service/identity/decision-log-in";
import type { Person } from "resistant-tenants-service/person";
import { write } from "resistant-tenants-service/records/database";
import type { NewRequest } from "resistant-tenants-service/requests/request";

import { newCustomer, planOf, type TestService } from "./service";

/** A request whose plan waits for approvals. */
export interface Waiting {
  requestId: string;
  digest: string;
}

let customers = 0;

/** Submits a request, by default for a new customer in production, and has its plan made. */
export async function waitForApproval(
  service: TestService,
  requester: Person,
  request: NewRequest = newCustomer(`acme${++customers}`),
): Promise<Waiting> {
  const requestId = await service.submit(requester, request);
  const plan = planOf(requestId);
  await planMade(service.context, requestId, plan);
  return { requestId, digest: plan.digest };
}

/** A token of a log-in that was just now. */
export function freshToken({ context }: TestService): DecisionToken {
  return { kind: "accessToken", accessToken: `token-${randomUUID()}`, authenticatedAt: context.now() };
}

export async function decideAs(
  service: TestService,
  approver: Person,
  { requestId, digest }: Waiting,
  {
    decision = "approve",
    comment,
    token = freshToken(service),
  }: { decision?: Decision["decision"]; comment?: string; token?: DecisionToken } = {},
): Promise<Decided> {
  return await write(service.context, (writing) =>
    decide(service.context, writing, approver, requestId, { decision, digest, comment }, token),
  );
}

export async function stateOf({ context }: TestService, requestId: string): Promise<string> {
  const { state } = await context.database
    .selectFrom("requests")
    .select("state")
    .where("id", "=", requestId)
    .executeTakeFirstOrThrow();
  return state;
}

/** Writes an approval as whoever owns the database would: with everything but the evidence. */
export async function forgeApproval(
  { database }: TestService,
  { requestId, digest }: Waiting,
  approver: Person,
): Promise<string> {
  const id = randomUUID();
  await database.asOwner(
    `insert into approvals (id, request_id, kind, digest, decision, approver_id, approver_issuer, approver_subject,
       approver_person, requester_issuer, requester_subject, requester_person, groups, authenticated_at, head,
       created_at, expires_at)
     select $1, id, kind, $3, 'approve', $4, $5, $6, $7, requester_issuer, requester_subject, requester_person, '[]',
       now(), 'sha256:0', now(), now() + interval '1 day' from requests where id = $2`,
    [id, requestId, digest, approver.id, approver.issuer, approver.subject, approver.person ?? ""],
  );
  return id;
}

export async function eventsOf(
  { context }: TestService,
  kind: string,
): Promise<Array<Record<string, unknown>>> {
  const rows = await context.database
    .selectFrom("events")
    .select("text")
    .where("kind", "=", kind)
    .orderBy("sequence")
    .execute();
  return rows.map(({ text }) => (JSON.parse(text) as { data: Record<string, unknown> }).data);
}
