import { randomUUID } from "node:crypto";

import type { ComponentChildren } from "preact";

import { decide } from "../../actions/decide";
import { idempotently } from "../../actions/idempotency";
import { insistOnUndecided } from "../../actions/too-late";
import { viewOf } from "../../actions/view";
import { waitingFor } from "../../actions/waiting";
import type { DecisionToken } from "../../identity/decision-log-in";
import type { Decision, LoggedIn } from "../../identity/log-in";
import type { LeftOut } from "../../page/approve-together";
import { titleOf } from "../../page/parts";
import { type DecisionReceipt, Receipt } from "../../page/receipt";
import type { Person } from "../../person";
import { problemOf } from "../problems";
import { apiRoot, type WebContext } from "../web-context";

/** Records the decisions of a log-in, and returns their receipt, with the next waiting request. */
export async function decideBy(
  context: WebContext,
  person: Person,
  { decisions, token }: NonNullable<LoggedIn["decided"]>,
): Promise<{ title: string; content: ComponentChildren }> {
  const receipts: DecisionReceipt[] = [];
  const leftOut: LeftOut[] = [];
  for (const one of decisions) {
    try {
      receipts.push(await decideOne(context, person, one, token));
    } catch (error) {
      const problem = problemOf(error);
      // Of several decisions, each counts separately.
      if (problem === undefined || decisions.length === 1) throw error;
      leftOut.push({
        id: one.requestId,
        ...(await titleFor(context, person, one.requestId)),
        why: problem.message,
      });
    }
  }
  const decided = new Set(receipts.map(({ requestId }) => requestId));
  const others = (await waitingFor(context, person)).decisions.filter(({ id }) => !decided.has(id));
  const decision = decisions[0]?.decision ?? "approve";
  const content = <Receipt {...{ receipts, leftOut, decision, others }} />;
  return { title: titleOfReceipt(decision, receipts.length), content };
}

function titleOfReceipt(decision: "approve" | "refuse", count: number): string {
  if (count === 0) return "Nothing was approved";
  return decision === "approve" ? "Approved" : "Refused";
}

async function titleFor(context: WebContext, person: Person, id: string): Promise<{ title: string }> {
  const view = await viewOf(context, person, id).catch(() => undefined);
  return { title: view === undefined ? `Request ${id}` : titleOf(view) };
}

async function decideOne(
  context: WebContext,
  person: Person,
  { requestId, comment, decision, digest }: Decision,
  token: DecisionToken,
): Promise<DecisionReceipt> {
  await insistOnUndecided(context, person, requestId, digest);
  const { title } = await titleFor(context, person, requestId);
  const route = `POST ${apiRoot}/requests/${requestId}/approvals`;
  const input = { decision, digest, ...(comment === undefined ? {} : { comment }) };
  const call = { caller: person, route, key: randomUUID(), body: input };
  const { answer } = await idempotently(context, call, (writing) =>
    decide(context, writing, person, requestId, input, token),
  );
  return { ...answer, title, digest };
}
