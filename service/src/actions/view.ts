import type { Selectable } from "kysely";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { insistOnSight, isRequester, maySee } from "../approval/access";
import { requirementFor } from "../approval/check";
import type { Requirement } from "../approval/rule";
import type { ServiceContext } from "../context";
import { type Person, personKey } from "../person";
import { Problem } from "../problem";
import { type Page, pageOf, type Paging } from "../records/paging";
import type { BrokenGlassTable, PlansTable, Reading, RequestRow } from "../records/schema";
import type { RequestKind, RequestState } from "../requests/request";
import { type QuestionRow, questionsOf } from "./questions";

/** A person in the API; without a name if it was deleted. */
export interface PersonView {
  id: string;
  name?: string;
}

/** The statuses of an approval. */
export const approvalStatuses = ["used", "revoked", "expired", "valid"] as const;
type ApprovalStatus = (typeof approvalStatuses)[number];

/** A decision in the API. */
export interface ApprovalView {
  id: string;
  decision: "approve" | "refuse";
  digest: string;
  approver: PersonView;
  comment?: string;
  at: string;
  expiresAt: string;
  /** `used` by an apply, `revoked` because the plan changed, `expired`, or `valid`. */
  status: ApprovalStatus;
  /** The head of the chain of events that the approver received. */
  head: string;
}

/** A use of break-glass, permanently shown in every list. */
export interface BrokenGlassView {
  by: PersonView;
  reason: string;
  digest: string;
  at: string;
  /** Absent until a second person has reviewed it. */
  review?: { by: PersonView; comment: string; at: string };
}

/** An approver's question about a request, in the API. */
export interface QuestionView {
  id: string;
  text: string;
  by: PersonView;
  at: string;
  /** Absent until the requester has answered. */
  answer?: { text: string; by: PersonView; at: string };
}

/** A request in the API. */
export interface RequestView {
  id: string;
  batchId?: string;
  kind: RequestKind;
  stage: Stage;
  state: RequestState;
  /** As sent; absent for an upgrade. */
  customer?: unknown;
  reason: string;
  basedOn?: string;
  requestedBy: PersonView;
  createdAt: string;
  updatedAt: string;
  expiresAt: string;
  plan?: { digest: string; lines: string[]; changes: unknown; madeAt: string };
  /** What the plan needs before it is applied. */
  needs: Requirement;
  approvals: ApprovalView[];
  /** The oldest first. */
  questions: QuestionView[];
  brokenGlass?: BrokenGlassView;
  result?: unknown;
  problem?: unknown;
}

/**
 * Returns a request as a person may see it.
 *
 * @throws `Problem` `notFound` if it does not exist, or the person may not see it
 */
export async function viewOf(
  context: ServiceContext,
  caller: Person,
  requestId: string,
  reading: Reading = context.database,
): Promise<RequestView> {
  const request = await findRequest(reading, requestId);
  insistOnSight(context, caller, request);
  const [view] = await viewsOf(context, reading, [request]);
  if (view === undefined) throw new Problem("notFound", `There is no request ${requestId}.`);
  return view;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Finds a request.
 *
 * @throws `Problem` `notFound`
 */
export async function findRequest(reading: Reading, requestId: string): Promise<RequestRow> {
  const request = uuid.test(requestId)
    ? await reading.selectFrom("requests").selectAll().where("id", "=", requestId).executeTakeFirst()
    : undefined;
  if (request === undefined) throw new Problem("notFound", `There is no request ${requestId}.`);
  return request;
}

/** The criteria of a list of requests. */
export interface RequestFilter extends Paging {
  state?: string | undefined;
  stage?: string | undefined;
  customer?: string | undefined;
  batchId?: string | undefined;
  /** The ids of the only requests to include. */
  ids?: readonly string[] | undefined;
  /** Whether to include only requests of the caller, from any account. */
  own?: boolean | undefined;
  /** Returns whether to include a request. */
  only?: ((request: RequestRow) => boolean) | undefined;
}

/** How many rows are read at once to find those that the person may see. */
const readAtOnce = 200;

/** Lists the requests that a person may see, the newest first. */
export async function listRequests(
  context: ServiceContext,
  caller: Person,
  filter: RequestFilter,
): Promise<Page<RequestView>> {
  const { database } = context;
  const { only = () => true } = filter;
  // Of requests, others see only their own: to read all rows for them would take seconds.
  const seesOthers = caller.roles.some((role) => role !== "requester");
  const requester =
    filter.own === true || !seesOthers ? { ...caller, claims: await claimsOf(database, caller) } : undefined;
  const seen: RequestRow[] = [];
  let after = filter.after === undefined ? undefined : await findRequest(database, filter.after);
  while (seen.length <= filter.limit) {
    const rows = await rowsAfter(database, filter, requester, after);
    const isIncluded = (row: RequestRow): boolean =>
      only(row) && (requester === undefined || isRequester(caller, row)) && maySee(context, caller, row);
    seen.push(...rows.filter(isIncluded));
    after = rows.at(-1);
    if (rows.length < readAtOnce) break;
  }
  const { items, next } = pageOf(seen, filter.limit, ({ id }) => id);
  const views = await viewsOf(context, database, items);
  return { items: views, ...(next === undefined ? {} : { next }) };
}

/** Returns the person claims of a person's requests: each as it was written then. */
async function claimsOf(reading: Reading, { person }: Person): Promise<string[]> {
  const key = personKey(person);
  if (key === undefined) return [];
  const rows = await reading.selectFrom("requests").select("requester_person").distinct().execute();
  return rows.flatMap(({ requester_person: claim }) =>
    claim !== null && personKey(claim) === key ? [claim] : [],
  );
}

/** A requester: the account, and the person claims that requests from other accounts may have. */
type Requester = Pick<Person, "issuer" | "subject"> & { claims: readonly string[] };

async function rowsAfter(
  reading: Reading,
  { state, stage, customer, batchId, ids }: RequestFilter,
  requester: Requester | undefined,
  after: RequestRow | undefined,
): Promise<RequestRow[]> {
  let query = reading.selectFrom("requests").selectAll();
  if (state !== undefined) query = query.where("state", "=", state);
  if (stage !== undefined) query = query.where("stage", "=", stage);
  if (customer !== undefined) query = query.where("customer", "=", customer);
  if (batchId !== undefined) query = query.where("batch_id", "=", batchId);
  if (ids !== undefined) query = query.where("id", "in", ids);
  if (requester !== undefined)
    query = query.where((where) =>
      where.or([
        where.and([
          where("requester_issuer", "=", requester.issuer),
          where("requester_subject", "=", requester.subject),
        ]),
        ...(requester.claims.length === 0 ? [] : [where("requester_person", "in", requester.claims)]),
      ]),
    );
  if (after !== undefined)
    query = query.where((where) =>
      where(where.refTuple("created_at", "id"), "<", where.tuple(after.created_at, after.id)),
    );
  return await query.orderBy("created_at", "desc").orderBy("id", "desc").limit(readAtOnce).execute();
}

/** Reads the data of the requests with one query per table. */
async function viewsOf(
  context: ServiceContext,
  reading: Reading,
  requests: readonly RequestRow[],
): Promise<RequestView[]> {
  if (requests.length === 0) return [];
  const ids = requests.map(({ id }) => id);
  const planIds = requests.flatMap(({ plan_id: planId }) => planId ?? []);
  const [plans, approvals, glasses, questions] = await Promise.all([
    planIds.length === 0
      ? []
      : reading
          .selectFrom("plans")
          .select(["id", "digest", "lines", "changes", "made_at"])
          .where("id", "in", planIds)
          .execute(),
    reading
      .selectFrom("approvals")
      .leftJoin("approval_ends", "approval_ends.approval_id", "approvals.id")
      .selectAll("approvals")
      .select("approval_ends.how")
      .where("request_id", "in", ids)
      .orderBy("approvals.created_at")
      .execute(),
    reading
      .selectFrom("broken_glass")
      .leftJoin("glass_reviews", "glass_reviews.glass_id", "broken_glass.id")
      .selectAll("broken_glass")
      .select(["reviewer_id", "comment", "glass_reviews.created_at as reviewed_at"])
      .where("request_id", "in", ids)
      .orderBy("broken_glass.created_at", "desc")
      .execute(),
    questionsOf(reading, ids),
  ]);
  const personIds = [
    ...requests.map(({ requester_id: id }) => id),
    ...approvals.map(({ approver_id: id }) => id),
    ...glasses.flatMap(({ breaker_id: breaker, reviewer_id: reviewer }) => [breaker, reviewer ?? breaker]),
    ...questions.flatMap(({ asked_by: asker, answered_by: answerer }) => [asker, answerer ?? asker]),
  ];
  const people = await peopleOf(reading, personIds);
  const person = (id: string): PersonView => people.get(id) ?? { id };
  return requests.map((request) => {
    const glass = glasses.find(({ request_id: id }) => id === request.id);
    return {
      ...plainView(context, request, person),
      ...given("plan", planView(plans.find(({ id }) => id === request.plan_id))),
      approvals: approvals
        .filter(({ request_id: id }) => id === request.id)
        .map((approval) => ({
          id: approval.id,
          decision: approval.decision as ApprovalView["decision"],
          digest: approval.digest,
          approver: person(approval.approver_id),
          ...given("comment", approval.comment),
          at: approval.created_at.toISOString(),
          expiresAt: approval.expires_at.toISOString(),
          status:
            (approval.how as ApprovalStatus | null) ??
            (approval.expires_at <= context.now() ? "expired" : "valid"),
          head: approval.head,
        })),
      questions: questions
        .filter(({ request_id: id }) => id === request.id)
        .map((question) => questionView(question, person)),
      ...given("brokenGlass", glass === undefined ? undefined : glassView(glass, person)),
    };
  });
}

/** Omits a member without a value. */
function given<K extends string, T>(key: K, value: T | null | undefined): Partial<Record<K, T>> {
  return value === null || value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

interface GlassRow extends Selectable<BrokenGlassTable> {
  reviewer_id: string | null;
  comment: string | null;
  reviewed_at: Date | null;
}

function glassView(glass: GlassRow, person: (id: string) => PersonView): BrokenGlassView {
  const { reviewer_id: reviewer, comment, reviewed_at: at } = glass;
  return {
    by: person(glass.breaker_id),
    reason: glass.reason,
    digest: glass.digest,
    at: glass.created_at.toISOString(),
    ...(reviewer === null || at === null
      ? {}
      : { review: { by: person(reviewer), comment: comment ?? "", at: at.toISOString() } }),
  };
}

function questionView(row: QuestionRow, person: (id: string) => PersonView): QuestionView {
  const { id, text, asked_by: asker, asked_at: at, answered_by: answerer, answered_at: answeredAt } = row;
  return {
    id,
    text,
    by: person(asker),
    at: at.toISOString(),
    ...(answerer === null || answeredAt === null
      ? {}
      : { answer: { text: row.answer ?? "", by: person(answerer), at: answeredAt.toISOString() } }),
  };
}

function plainView(
  context: ServiceContext,
  request: RequestRow,
  person: (id: string) => PersonView,
): Omit<RequestView, "plan" | "approvals" | "questions" | "brokenGlass"> {
  const asked = request.asked as { customer?: unknown };
  return {
    id: request.id,
    ...given("batchId", request.batch_id),
    kind: request.kind as RequestKind,
    stage: request.stage as Stage,
    state: request.state as RequestState,
    ...given("customer", asked.customer),
    reason: request.reason,
    ...given("basedOn", request.based_on),
    requestedBy: person(request.requester_id),
    createdAt: request.created_at.toISOString(),
    updatedAt: request.updated_at.toISOString(),
    expiresAt: request.expires_at.toISOString(),
    needs: requirementFor(context, request),
    ...given("result", request.result),
    ...given("problem", request.problem),
  };
}

const linesSchema = z.array(z.string());

type PlanRow = Pick<Selectable<PlansTable>, "digest" | "lines" | "changes" | "made_at">;

function planView(plan: PlanRow | undefined): RequestView["plan"] {
  if (plan === undefined) return undefined;
  const { digest, lines, changes, made_at: madeAt } = plan;
  return { digest, lines: linesSchema.parse(lines), changes, madeAt: madeAt.toISOString() };
}

async function peopleOf(reading: Reading, ids: readonly string[]): Promise<Map<string, PersonView>> {
  const people = await reading
    .selectFrom("people")
    .select(["id", "name"])
    .where("id", "in", [...new Set(ids)])
    .execute();
  return new Map(people.map(({ id, name }) => [id, { id, ...given("name", name) }]));
}
