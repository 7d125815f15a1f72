import type { Selectable } from "kysely";

import type { Reading, ServiceContext } from "../context";
import { isMachine, isSamePerson, type Role } from "../identity/person";
import type { RequestsTable } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import { isOpen } from "./ends";
import { insistOnSame, SignatureError, verify } from "./signature";

/**
 * Finds the broken glass that stands for the approvals of a plan: of its digest, not used yet, signed by the web process,
 * by somebody who is an administrator still and not who asked.
 */
export async function validGlassOf(
  { approvals: keys }: Pick<ServiceContext, "approvals">,
  reading: Reading,
  request: Selectable<RequestsTable>,
  digest: string,
): Promise<string | undefined> {
  const broken = await reading
    .selectFrom("broken_glass")
    .innerJoin("people", "people.id", "broken_glass.breaker_id")
    .selectAll("broken_glass")
    .select("people.roles")
    .where("request_id", "=", request.id)
    .where("digest", "=", digest)
    .where(isOpen("broken_glass"))
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
