import type { Selectable } from "kysely";

import type { ServiceContext } from "../context";
import { isMachine, isSamePerson, type Role } from "../person";
import type { Reading, RequestsTable } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import { insistOnSame, SignatureError, verify } from "../signing/signature";
import { isNotRevoked, isOpen } from "./ends";

/**
 * Finds the use of break-glass that replaces the approvals of a plan: for its digest, not used yet, signed by
 * the web process, by a person who is still an administrator and not the requester.
 *
 * @param isBegun - Whether the apply that uses it has started.
 */
export async function validGlassOf(
  { approvals: keys }: Pick<ServiceContext, "approvals">,
  reading: Reading,
  request: Selectable<RequestsTable>,
  digest: string,
  isBegun = false,
): Promise<string | undefined> {
  const broken = await reading
    .selectFrom("broken_glass")
    .innerJoin("people", "people.id", "broken_glass.breaker_id")
    .selectAll("broken_glass")
    .select("people.roles")
    .where("request_id", "=", request.id)
    .where("digest", "=", digest)
    .where(isBegun ? isNotRevoked("broken_glass") : isOpen("broken_glass"))
    .executeTakeFirst();
  if (broken === undefined) return undefined;
  const breaker = {
    issuer: broken.breaker_issuer,
    subject: broken.breaker_subject,
    person: broken.breaker_person,
  };
  const requester = requesterOf(request);
  if (isMachine(breaker) || isSamePerson(breaker, requester)) return undefined;
  if (!(broken.roles as Role[]).includes("administrator")) return undefined;
  try {
    insistOnSame(await verify(keys, "glass", broken.signature), {
      glass: broken.id,
      request: request.id,
      digest,
      reason: broken.reason,
      breaker,
      requester,
      at: broken.created_at.toISOString(),
    });
    return broken.id;
  } catch (error) {
    if (error instanceof SignatureError) return undefined;
    throw error;
  }
}
