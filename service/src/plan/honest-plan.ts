import type { Selectable } from "kysely";
import { canonical } from "pulumi-resistant-tenants/internal/vocabulary";

import { Problem } from "../problem";
import type { PlansTable, RequestRow, Writing } from "../records/schema";
import { digestOf } from "../signing/signature";
import type { PlanFacts } from "./facts";
import { linesOf } from "./lines";

type Plan = Pick<Selectable<PlansTable>, "digest" | "facts" | "lines" | "changes">;

/**
 * Returns the plan of a request that waits for approval.
 *
 * @param digest - Of the plan that was read; undefined for the present one.
 * @throws {@link Problem} `wrongState` if it waits for no approval, `digest` if the plan has changed, and
 * `conflict` if what is shown does not match the digest
 */
export async function presentPlan(
  writing: Writing,
  request: RequestRow,
  digest: string | undefined,
): Promise<Plan> {
  if (request.state !== "waitingForApproval")
    throw new Problem(
      "wrongState",
      `Request ${request.id} is ${request.state}: it does not wait for an approval.`,
    );
  const plan = await writing
    .selectFrom("plans")
    .select(["digest", "facts", "lines", "changes"])
    .where("id", "=", request.plan_id ?? "")
    .executeTakeFirstOrThrow();
  if (digest !== undefined && plan.digest !== digest)
    throw new Problem("digest", "The plan has changed: read it again, then decide.", {
      digest: plan.digest,
    });
  insistOnHonestPlan(plan);
  return plan;
}

/**
 * Ensures that what was read is what is approved: the words of a plan, and its changes, are derived from the
 * facts behind the digest. Otherwise someone who has only the database could show one plan, and have another
 * one approved.
 *
 * @throws {@link Problem} `conflict`
 */
function insistOnHonestPlan({ digest, facts: stored, lines, changes }: Plan): void {
  if (digestOf(stored) === digest) {
    const facts = stored as PlanFacts;
    const shown = facts.parts.flatMap((part) => part.changes);
    if (canonical(linesOf(facts)) === canonical(lines) && canonical(shown) === canonical(changes)) return;
  }
  throw new Problem(
    "conflict",
    "The text of this plan does not match its digest: the database was changed. Tell an administrator.",
  );
}
