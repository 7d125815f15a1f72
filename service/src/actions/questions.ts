import { randomUUID } from "node:crypto";

import type { Selectable } from "kysely";
import { showsNothing } from "pulumi-resistant-tenants/internal/reason";

import { insistOnSight, isRequester } from "../approval/access";
import { requirementFor } from "../approval/check";
import { objectionTo } from "../approval/rule";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { tellOfAnswer, tellOfQuestion } from "../notices/tell";
import type { Person } from "../person";
import { Problem } from "../problem";
import type { AnswersTable, QuestionsTable, Reading, RequestRow, Writing } from "../records/schema";
import type { RequestState } from "../requests/request";
import { requesterOf } from "../requests/signed-request";
import { insistOnNoCredential } from "./free-text";
import { lockRequest } from "./transition";

/** The longest question or answer, in characters. */
export const longestText = 1_000;

/** The most questions about one request. */
const mostQuestions = 50;

/** A question with its answer, if there is one. */
export type QuestionRow = Selectable<QuestionsTable> & {
  answer: string | null;
} & { [field in "answered_by" | "answered_at"]: Selectable<AnswersTable>[field] | null };

/** Reads the questions about some requests, the oldest first. */
export async function questionsOf(reading: Reading, requestIds: readonly string[]): Promise<QuestionRow[]> {
  return await reading
    .selectFrom("questions")
    .leftJoin("answers", "answers.question_id", "questions.id")
    .selectAll("questions")
    .select(["answers.text as answer", "answered_by", "answered_at"])
    .where("request_id", "in", requestIds)
    .orderBy("asked_at")
    .orderBy("questions.id")
    .execute();
}

/**
 * Sends a request that waits for approval back to its requester, with a question. It keeps its state, its
 * plan and its approvals.
 *
 * @throws {@link Problem} `notFound`; `forbidden`, or `samePerson`, for callers who may not decide;
 * `invalid`, `wrongState`, `conflict`
 */
export async function askQuestion(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  text: string,
): Promise<{ requestId: string }> {
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  insistOnDecider(context, caller, request);
  insistOnText(text);
  insistOnState(request, ["waitingForApproval"], "asked about");
  if ((await questionsOf(writing, [requestId])).length >= mostQuestions)
    throw new Problem("conflict", `It already has ${mostQuestions} questions: refuse it with a reason.`);
  const id = randomUUID();
  const question = { id, request_id: requestId, text, asked_by: caller.id, asked_at: context.now() };
  await writing.insertInto("questions").values(question).execute();
  await record(context, writing, request, { kind: "questionAsked", caller, text, questions: [id] });
  await tellOfQuestion(context, writing, request, { actorId: caller.id, text, id });
  return { requestId };
}

/**
 * Answers all open questions about a request.
 *
 * @throws {@link Problem} `notFound`; `forbidden` for anyone but the requester; `invalid`, `wrongState`,
 * `conflict` if no question is open
 */
export async function answer(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  requestId: string,
  text: string,
): Promise<{ requestId: string }> {
  const request = await lockRequest(writing, requestId);
  insistOnSight(context, caller, request);
  if (!isRequester(caller, request))
    throw new Problem("forbidden", "Only the requester can answer questions about it.", { requestId });
  insistOnText(text);
  // Its plan may be made again meanwhile.
  insistOnState(request, ["waitingForApproval", "previewing"], "answered about");
  const open = (await questionsOf(writing, [requestId])).filter((question) => question.answer === null);
  if (open.length === 0) throw new Problem("conflict", "No question about it is open.");
  const given = { text, answered_by: caller.id, answered_at: context.now() };
  await writing
    .insertInto("answers")
    .values(open.map(({ id }) => ({ question_id: id, ...given })))
    .execute();
  const questions = open.map(({ id }) => id);
  await record(context, writing, request, { kind: "questionAnswered", caller, text, questions });
  const askers = new Map(open.map(({ asked_by: toId, id }) => [toId, id]));
  for (const [toId, id] of askers)
    await tellOfAnswer(context, writing, request, { actorId: caller.id, text, id, toId });
  return { requestId };
}

function insistOnDecider(context: ServiceContext, caller: Person, request: RequestRow): void {
  const requirement = requirementFor(context, request);
  const objection = objectionTo(caller, requesterOf(request), requirement);
  if (objection === undefined) return;
  const more = { requestId: request.id };
  if (objection === "samePerson")
    throw new Problem("samePerson", "It is your own request: only its approvers can ask questions.", more);
  throw new Problem("forbidden", "Only approvers who may decide a request can ask questions about it.", more);
}

function insistOnText(text: string): void {
  insistOnNoCredential("text", text);
  if (!showsNothing(text) && text.length <= longestText) return;
  throw new Problem("invalid", `text: write 1 to ${longestText} characters.`, {
    errors: [{ path: "text", message: `must be 1 to ${longestText} characters` }],
  });
}

function insistOnState({ id, state }: RequestRow, states: readonly RequestState[], what: string): void {
  if (states.some((one) => one === state)) return;
  throw new Problem("wrongState", `A request that is ${state} cannot be ${what}.`, { state, requestId: id });
}

async function record(
  context: ServiceContext,
  writing: Writing,
  request: RequestRow,
  told: {
    kind: "questionAsked" | "questionAnswered";
    caller: Person;
    text: string;
    questions: readonly string[];
  },
): Promise<void> {
  const { kind, caller, text, questions } = told;
  await append(context, writing, {
    kind,
    actorId: caller.id,
    requestId: request.id,
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: { text, questions, requester: request.requester_id },
  });
}
