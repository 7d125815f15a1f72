import type { Selectable } from "kysely";

import type { Writing } from "../context";
import { Problem } from "../problem";
import { canonical, digestOf } from "../records/canonical";
import type { PlansTable } from "../records/schema";
import type { RequestRow } from "../requests/transition";
import type { PlanFacts } from "../work/plan-facts";
import { linesOf } from "../work/plan-lines";

type Plan = Pick<Selectable<PlansTable>, "digest" | "facts" | "lines" | "changes">;

/**
 * Gives the plan that a request waits with for an approval.
 *
 * @param digest - Of the plan that was read; undefined for the present one.
 * @throws {@link Problem} `wrongState` where it waits for none, `digest` where the plan is another one, and `conflict`
 *   where what is shown of it is not what its digest says
 */
export async function presentPlan(
  writing: Writing,
  request: RequestRow,
  digest: string | undefined,
): Promise<Plan> {
  if (request.state !== "waitingForApproval")
    throw new Problem("wrongState", `Request ${request.id} is ${request.state}: it waits for no approval.`);
  const plan = await writing
    .selectFrom("plans")
    .select(["digest", "facts", "lines", "changes"])
    .where("id", "=", request.plan_id ?? "")
    .executeTakeFirstOrThrow();
  if (digest !== undefined && plan.digest !== digest)
    throw new Problem("digest", "The plan is another one by now: read it again, and decide anew.", {
      digest: plan.digest,
    });
  insistOnHonestPlan(plan);
  return plan;
}

/**
 * Insists that what was read is what is approved: the words of a plan, and its changes, are made from the facts that the
 * digest is taken of. Somebody with the database alone could show one plan, and have another one approved.
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
    "What is shown of this plan is not what its digest says: the database was changed. Tell an administrator.",
  );
}
