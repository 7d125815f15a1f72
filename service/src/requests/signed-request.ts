import type { Selectable } from "kysely";

import type { RequestsTable } from "../records/schema";
import type { ApprovalKeys } from "../signing/keys";
import { digestOf, insistOnSame, sign, verify } from "../signing/signature";

type Signed = Pick<
  Selectable<RequestsTable>,
  | "id"
  | "kind"
  | "stage"
  | "customer"
  | "asked"
  | "rule_hash"
  | "required"
  | "requester_issuer"
  | "requester_subject"
  | "requester_person"
  | "created_at"
>;

/** Signs a request's content, requester and rule. */
export async function signRequest(keys: ApprovalKeys, request: Signed): Promise<string> {
  return await sign(keys, "request", claimsOf(request));
}

/**
 * Verifies that a request is as the web process accepted it: someone who has only the database cannot change
 * its requester.
 *
 * @throws `SignatureError`
 */
export async function verifyRequest(
  keys: ApprovalKeys,
  request: Signed & Pick<Selectable<RequestsTable>, "signature">,
): Promise<void> {
  insistOnSame(await verify(keys, "request", request.signature), claimsOf(request));
}

/** Returns the requester's identity. */
export function requesterOf(
  request: Pick<Signed, "requester_issuer" | "requester_subject" | "requester_person">,
): { issuer: string; subject: string; person?: string } {
  const { requester_issuer: issuer, requester_subject: subject, requester_person: person } = request;
  return { issuer, subject, ...(person === null ? {} : { person }) };
}

function claimsOf(request: Signed) {
  const { id, kind, stage, customer, asked, rule_hash: rule, required, created_at: createdAt } = request;
  return {
    request: id,
    kind,
    stage,
    customer,
    asked: digestOf(asked),
    rule,
    required,
    requester: requesterOf(request),
    at: createdAt.toISOString(),
  };
}
