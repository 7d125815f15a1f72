import type { ServiceContext } from "../context";
import type { Person } from "../person";
import { Problem } from "../problem";
import { viewOf } from "./view";

/**
 * Ensures that a plan is still undecided: if two people have the same request open, the second one sees what
 * the first one did.
 *
 * @throws {@link Problem} `notFound`, `wrongState`, or `digest`
 */
export async function insistOnUndecided(
  context: ServiceContext,
  person: Person,
  requestId: string,
  digest: string,
): Promise<void> {
  const { state, plan, approvals, questions } = await viewOf(context, person, requestId);
  if (state !== "waitingForApproval") {
    const last = approvals.at(-1);
    const who = last?.approver.name ?? "Another person";
    const did =
      last === undefined
        ? "It does not wait for a decision now."
        : `${who} ${last.decision === "approve" ? "approved" : "refused"} it at ${last.at.slice(11, 16)} UTC.`;
    throw new Problem("wrongState", `${did} Your decision was no longer needed, and was not recorded.`, {
      state,
      requestId,
    });
  }
  if (plan?.digest === digest) return;
  const isAsked = questions.some(({ answer }) => answer === undefined);
  throw new Problem(
    "digest",
    `The plan has changed since you opened the page, so your decision was not recorded. Read the new plan${isAsked ? " and the question about it" : ""}, then decide again.`,
    { ...(plan === undefined ? {} : { digest: plan.digest }), requestId },
  );
}
