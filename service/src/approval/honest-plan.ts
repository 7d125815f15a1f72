import type { Selectable } from "kysely";

import { Problem } from "../problem";
import { canonical, digestOf } from "../records/canonical";
import type { PlansTable } from "../records/schema";
import type { PlanFacts } from "../work/plan-facts";
import { linesOf } from "../work/plan-lines";

type Plan = Pick<Selectable<PlansTable>, "digest" | "facts" | "lines" | "changes">;

/**
 * Insists that what was read is what is approved: the words of a plan, and its changes, are made from the facts that the
 * digest is taken of. Somebody with the database alone could show one plan, and have another one approved.
 *
 * @throws {@link Problem} `conflict`
 */
export function insistOnHonestPlan({ digest, facts: stored, lines, changes }: Plan): void {
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
