import { randomUUID } from "node:crypto";

import { sql } from "kysely";
import { showsNothing } from "pulumi-resistant-tenants/internal/reason";

import { insistOnSight, isRequester } from "../approval/access";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { insistOnRole, isMachine, isSamePerson, type Person } from "../person";
import { presentPlan } from "../plan/honest-plan";
import { Problem } from "../problem";
import { isConstraint } from "../records/database";
import type { RequestRow, Writing } from "../records/schema";
import { stackOf } from "../requests/customers-asked-for";
import { requesterOf } from "../requests/signed-request";
import { type Touch, touchesOf } from "../requests/touches";
import { sign } from "../signing/signature";
import { insistOnNoCredential } from "./free-text";
import { lockRequest, transition } from "./transition";

const never: Readonly<Record<Touch, string>> = {
  delete: "deletes something",
  readers: "changes who can read secrets",
  hosts: "changes the hosts that credentials are sent to",
};

/**
 * Queues the present plan of a request without a second person's approval. It is for emergencies: everyone is
 * notified, the request stays marked, and a second person must review it before it can be used again.
 *
 * @param digest - Of the plan that the administrator has read. Default: the present one.
 * @throws {@link Problem} `notFound`, `forbidden`, `samePerson`, `wrongState`, `digest`, `conflict`
 */
export async function breakGlass(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  reason: string,
  digest?: string,
): Promise<{ requestId: string }> {
  insistOnRole(caller, "administrator");
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  const person = insistOnBreaker(caller, request);
  if (showsNothing(reason))
    throw new Problem("invalid", "reason: explain why it cannot wait for an approval.");
  const plan = await presentPlan(writing, request, digest);
  const touched = await touchesOf(context, writing, request, plan.facts);
  if (touched.length > 0)
    throw new Problem(
      "forbidden",
      `The glass cannot be broken for a plan that ${touched.map((touch) => never[touch]).join(" and ")}: it waits for a second person.`,
      { requestId },
    );
  const now = context.now();
  const broken = {
    glass: randomUUID(),
    request: requestId,
    digest: plan.digest,
    reason,
    breaker: { issuer: caller.issuer, subject: caller.subject, person },
    requester: requesterOf(request),
    at: now.toISOString(),
  };
  await insert(writing, request, {
    broken,
    breakerId: caller.id,
    signature: await sign(context.approvals, "glass", broken),
  });
  await transition(context, writing, {
    requestId,
    event: "glassBroken",
    actorId: caller.id,
    data: { digest: plan.digest, reason, glass: broken.glass },
  });
  await context.jobs.apply(writing, requestId, stackOf(request.stage, request.customer ?? "*"));
  return { requestId };
}

function insistOnBreaker(caller: Person, request: RequestRow): string {
  if (isMachine(caller) || caller.person === undefined)
    throw new Problem("forbidden", "A machine cannot break the glass.", { requestId: request.id });
  if (isRequester(caller, request))
    throw new Problem(
      "samePerson",
      "You cannot break the glass for your own request: ask another administrator.",
      {
        requestId: request.id,
      },
    );
  return caller.person;
}

interface Broken {
  glass: string;
  digest: string;
  reason: string;
  breaker: { issuer: string; subject: string; person: string };
  at: string;
}

async function insert(
  writing: Writing,
  request: RequestRow,
  { broken, breakerId, signature }: { broken: Broken; breakerId: string; signature: string },
): Promise<void> {
  try {
    await writing
      .insertInto("broken_glass")
      .values({
        id: broken.glass,
        request_id: request.id,
        kind: request.kind,
        digest: broken.digest,
        reason: broken.reason,
        breaker_id: breakerId,
        breaker_issuer: broken.breaker.issuer,
        breaker_subject: broken.breaker.subject,
        breaker_person: broken.breaker.person,
        requester_issuer: request.requester_issuer,
        requester_subject: request.requester_subject,
        requester_person: request.requester_person,
        signature,
        created_at: broken.at,
      })
      .execute();
  } catch (error) {
    if (!isConstraint(error, "reviewed_before_the_next")) throw error;
    throw new Problem(
      "conflict",
      "An earlier break-glass has not been reviewed yet: a second person must review it first.",
      {},
      { cause: error },
    );
  }
}

/**
 * Records that a second person has reviewed a use of break-glass, which allows the next one.
 *
 * @throws {@link Problem} `notFound`, `forbidden`, `samePerson`, `conflict`
 */
export async function reviewBreakGlass(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  comment: string,
): Promise<{ requestId: string }> {
  insistOnRole(caller, "approver", "administrator", "auditor");
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  insistOnNoCredential("comment", comment);
  if (showsNothing(comment)) throw new Problem("invalid", "comment: describe what you found.");
  const broken = await writing
    .selectFrom("broken_glass")
    .selectAll()
    .where("request_id", "=", requestId)
    .where(sql<boolean>`not exists (select from glass_reviews r where r.glass_id = broken_glass.id)`)
    .executeTakeFirst();
  if (broken === undefined) throw new Problem("conflict", "This request has nothing to review.");
  const breaker = {
    issuer: broken.breaker_issuer,
    subject: broken.breaker_subject,
    person: broken.breaker_person,
  };
  if (isMachine(caller) || caller.person === undefined)
    throw new Problem("forbidden", "A machine cannot review.", { requestId });
  if (isSamePerson(caller, breaker) || isRequester(caller, request))
    throw new Problem(
      "samePerson",
      "Neither the requester nor the person who broke the glass can review it: ask another person.",
      {
        requestId,
      },
    );
  await writing
    .insertInto("glass_reviews")
    .values({
      glass_id: broken.id,
      comment,
      reviewer_id: caller.id,
      reviewer_issuer: caller.issuer,
      reviewer_subject: caller.subject,
      reviewer_person: caller.person,
      breaker_issuer: breaker.issuer,
      breaker_subject: breaker.subject,
      breaker_person: breaker.person,
      created_at: context.now(),
    })
    .execute();
  await append(context, writing, {
    kind: "glassReviewed",
    actorId: caller.id,
    requestId,
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: { glass: broken.id, comment },
  });
  return { requestId };
}
