import { isRequester } from "../approval/access";
import { requirementFor } from "../approval/check";
import { objectionTo } from "../approval/rule";
import type { ServiceContext } from "../context";
import type { Person } from "../person";
import type { RequestRow } from "../records/schema";
import { requesterOf } from "../requests/signed-request";
import { failedAsStale } from "../requests/stale";
import { listRequests, type RequestFilter, type RequestView } from "./view";

/** The most that are shown at once. */
const atOnce = 50;

/** What a person has to do, and their own requests. */
export interface Waiting {
  /** The requests that wait for their decision. */
  decisions: RequestView[];
  /** Their own requests with an open question. */
  questions: RequestView[];
  /** For administrators: failed requests that can be retried. */
  failed: RequestView[];
  /** Uses of break-glass that a second person must review. */
  reviews: RequestView[];
  /** Their own requests, from any account, the newest first. */
  own: RequestView[];
}

/** Finds what waits for a person. */
export async function waitingFor(context: ServiceContext, person: Person): Promise<Waiting> {
  const list = async (filter: Omit<RequestFilter, "limit">): Promise<RequestView[]> =>
    (await listRequests(context, person, { limit: atOnce, ...filter })).items;
  const isAdministrator = person.roles.includes("administrator");
  const mayReview = person.roles.some((role) => role !== "requester");
  const broken = mayReview ? await unreviewed(context) : [];
  const [decisions, failed, reviews, own] = await Promise.all([
    list({ state: "waitingForApproval", only: (row) => mayDecide(context, person, row) }),
    isAdministrator ? list({ state: "failed", only: ({ problem }) => !failedAsStale(problem) }) : [],
    broken.length === 0 ? [] : list({ ids: broken, only: (row) => !isRequester(person, row) }),
    list({ own: true }),
  ]);
  const questions = own.filter(
    ({ state, questions: asked }) =>
      (state === "waitingForApproval" || state === "previewing") &&
      asked.some(({ answer }) => answer === undefined),
  );
  return { decisions, questions, failed, reviews, own };
}

/** Returns whether a person may decide a request. */
export function mayDecide(context: ServiceContext, person: Person, row: RequestRow): boolean {
  return objectionTo(person, requesterOf(row), requirementFor(context, row)) === undefined;
}

/** At most one use of break-glass waits for a review, since it prevents the next. */
async function unreviewed({ database }: ServiceContext): Promise<string[]> {
  const rows = await database
    .selectFrom("broken_glass")
    .leftJoin("glass_reviews", "glass_reviews.glass_id", "broken_glass.id")
    .select("request_id")
    .where("glass_reviews.glass_id", "is", null)
    .execute();
  return rows.map(({ request_id: id }) => id);
}
