import { z } from "zod";

import { insistOnUndecided } from "../../../actions/too-late";
import { findRequest, type RequestView, viewOf } from "../../../actions/view";
import { mayDecide } from "../../../actions/waiting";
import { decideAlone, isDecidedAlone } from "../../../approval/rule";
import { mostTogether } from "../../../identity/decision-log-in";
import { ApproveTogether, type LeftOut } from "../../../page/approve-together";
import { titleOf } from "../../../page/parts";
import type { Person } from "../../../person";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnOwnOrigin } from "../../caller";
import { problemOf } from "../../problems";
import { uuid } from "../../schemas";
import type { App, WebContext } from "../../web-context";
import { beginWith } from "../log-in";

const hidden = { hide: true };

/** Registers the page for approving several requests together: it shows their plans, and starts one log-in for all. */
export function approvalPages(app: App, context: WebContext): void {
  const chosen = z.object({ request: boxesOf(uuid) });
  app.get("/approvals", { schema: { ...hidden, querystring: chosen } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const content = <ApproveTogether {...await chosenOf(context, person, request.query.request)} />;
    return sendPage(reply, { title: "Approve several requests", person, content });
  });

  const ticked = z.object({ plan: boxesOf(z.string().regex(/^[0-9a-f-]{36} \S{1,200}$/)) });
  app.post("/approvals", { schema: { ...hidden, body: ticked } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const plans = new Map(request.body.plan.map((text) => text.split(" ") as [string, string]));
    const found = await chosenOf(context, person, [...plans.keys()], plans);
    // No one should log in for a decision that cannot be recorded.
    if (found.leftOut.length > 0 || found.requests.length < 2) {
      const content = <ApproveTogether {...found} />;
      return sendPage(reply, { title: "Approve several requests", person, content, status: 409 });
    }
    const approvals = [...plans].map(([id, digest]) => ({
      request: id,
      digest,
      decision: "approve" as const,
    }));
    return beginWith(context, reply, context.logIn.beginApprovals(approvals));
  });
}

/** Several boxes of one name; a form without a ticked box sends none. */
function boxesOf<T extends z.ZodType>(one: T) {
  return z.preprocess((value) => [value ?? []].flat(), z.array(one).max(200));
}

/**
 * Reads the chosen requests, and returns which cannot be approved together, and why.
 *
 * @param plans the digests of the plans that were read
 */
async function chosenOf(
  context: WebContext,
  person: Person,
  ids: readonly string[],
  plans?: ReadonlyMap<string, string>,
): Promise<{ requests: RequestView[]; leftOut: LeftOut[] }> {
  const requests: RequestView[] = [];
  const leftOut: LeftOut[] = [];
  for (const id of new Set(ids)) {
    const view = await viewOf(context, person, id);
    const why = await whyLeftOut(context, person, view, plans?.get(id));
    if (why !== undefined) leftOut.push({ id, title: titleOf(view), why });
    else if (requests.length < mostTogether) requests.push(view);
    else
      leftOut.push({
        id,
        title: titleOf(view),
        why: `only ${mostTogether} are approved together: it comes next.`,
      });
  }
  return { requests, leftOut };
}

async function whyLeftOut(
  context: WebContext,
  person: Person,
  view: RequestView,
  digest = view.plan?.digest ?? "",
): Promise<string | undefined> {
  try {
    await insistOnUndecided(context, person, view.id, digest);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return problem.message;
  }
  const row = await findRequest(context.database, view.id);
  if (!mayDecide(context, person, row)) return "you cannot decide about it.";
  const { facts } = await context.database
    .selectFrom("plans")
    .select("facts")
    .where("id", "=", row.plan_id ?? "")
    .executeTakeFirstOrThrow();
  const isAlone = await isDecidedAlone(context, context.database, row, facts);
  return isAlone ? `its plan deletes something: ${decideAlone}` : undefined;
}
