import type { Selectable } from "kysely";

import type { ApprovalKeys } from "../approval/keys";
import { insistOnSame, sign, verify } from "../approval/signature";
import { digestOf } from "../records/canonical";
import type { RequestsTable } from "../records/schema";

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

/** Signs what was asked, by whom and under which rule. */
export async function signRequest(keys: ApprovalKeys, request: Signed): Promise<string> {
  return await sign(keys, "request", claimsOf(request));
}

/**
 * Verifies that a request is what the web process took: nobody with the database alone can change who asked for it.
 *
 * @throws `SignatureError`
 */
export async function verifyRequest(
  keys: ApprovalKeys,
  request: Signed & Pick<Selectable<RequestsTable>, "signature">,
): Promise<void> {
  insistOnSame(await verify(keys, "request", request.signature), claimsOf(request));
}

/** Who asked, as an identity. */
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
