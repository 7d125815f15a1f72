import { randomUUID } from "node:crypto";

import { reasonSchema } from "pulumi-resistant-tenants/internal/reason";
import { z } from "zod";

import { breakGlass, reviewBreakGlass } from "../../../actions/break-glass";
import { idempotently } from "../../../actions/idempotency";
import { answer, askQuestion, longestText } from "../../../actions/questions";
import { situationOf } from "../../../actions/situation";
import { findRequest, type RequestView, viewOf } from "../../../actions/view";
import { retry, withdraw } from "../../../actions/withdraw-or-retry";
import { isRequester } from "../../../approval/access";
import { objectionTo } from "../../../approval/rule";
import { shownKinds } from "../../../audit/kinds";
import { eligibleApprovers } from "../../../notices/recipients";
import { titleOf } from "../../../page/parts";
import { RequestPage } from "../../../page/request-page";
import type { Deciders, ShownEvent } from "../../../page/request-page-props";
import { isSamePerson, type Person } from "../../../person";
import type { RequestRow } from "../../../records/schema";
import { requesterOf } from "../../../requests/signed-request";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnOwnOrigin } from "../../caller";
import { eventsAfter } from "../../event-stream";
import { anId } from "../../schemas";
import { apiRoot, type App, type WebContext } from "../../web-context";

const aForm = z.looseObject({
  key: z.string().min(1).max(200),
  reason: reasonSchema.or(z.literal("")).default(""),
  text: z.string().trim().max(longestText).default(""),
  /** What to do afterwards: open the form again, filled in. */
  then: z.enum(["again"]).optional(),
  /** The digest of the displayed plan. */
  digest: z.string().max(200).optional(),
});

/** Registers the page of a request, and the requester's actions on it. Decisions are log-ins: see `log-in.tsx`. */
export function requestPages(app: App, context: WebContext): void {
  app.get("/requests/:id", { schema: { hide: true, params: anId } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { id } = request.params;
    const view = await viewOf(context, person, id);
    const row = await findRequest(context.database, id);
    const objection = objectionTo(person, requesterOf(row), view.needs);
    const content = (
      <RequestPage
        request={view}
        events={await shownEvents(context, id)}
        kinds={shownKinds}
        objection={objection === undefined ? undefined : objectionWords[objection]}
        deciders={await decidersOf(context, person, row, view)}
        isRequester={isRequester(person, row)}
        isAdministrator={person.roles.includes("administrator")}
        sinceLastPlan={await sinceLastPlan(context, id)}
        situation={await situationOf(context.database, row)}
        formKey={randomUUID()}
      />
    );
    return sendPage(reply, { title: titleOf(view), person, content });
  });

  const works = {
    withdrawal: withdraw,
    retry,
    questions: askQuestion,
    answers: answer,
    "break-glass": breakGlass,
    "break-glass/review": reviewBreakGlass,
  } as const;
  for (const [path, work] of Object.entries(works)) {
    const schema = { hide: true, params: anId, body: aForm };
    app.post(`/requests/:id/${path}`, { schema }, async (request, reply) => {
      insistOnOwnOrigin(context, request);
      const person = await personOrLogIn(context, request, reply);
      if (person === undefined) return reply;
      const { id } = request.params;
      const { key, reason, text, digest, then } = request.body;
      const said = reason === "" ? text : reason;
      const call = { caller: person, route: `POST ${apiRoot}/requests/${id}/${path}`, key, body: { said } };
      await idempotently(context, call, (writing) => work(context, writing, person, id, said, digest));
      return reply.redirect(then === "again" ? `/requests/new?from=${id}` : `/requests/${id}`, 303);
    });
  }
}

const objectionWords = {
  machine: "you are logged in as a machine.",
  samePerson: "it is your own request. Another person must decide.",
  notApprover: "you do not have the role approver.",
  otherGroup: "you are in none of the groups that decide for this stage.",
} as const;

async function shownEvents(context: WebContext, id: string): Promise<ShownEvent[]> {
  const events = await eventsAfter(context, id, "0");
  return events.map(({ sequence, kind, data }) => ({ sequence, kind, data, ...shownBy(data) }));
}

const shownData = z.looseObject({
  at: z.string(),
  by: z.looseObject({ name: z.string().optional() }).optional(),
});

function shownBy(data: unknown): { at: string; by: string | undefined } {
  const { at, by } = shownData.parse(data);
  return { at, by: by?.name };
}

/**
 * Returns how many people must decide, and the names of those who can and have logged in before, without the
 * viewer.
 */
async function decidersOf(
  context: WebContext,
  looking: Person,
  row: RequestRow,
  { needs }: RequestView,
): Promise<Deciders> {
  const people = await eligibleApprovers(context, context.database, row);
  const names = people
    .filter(
      ({ issuer, subject, person }) =>
        !isSamePerson(looking, { issuer, subject, person: person ?? undefined }),
    )
    .flatMap(({ name }) => name ?? []);
  const groups = needs.groups.map((list) => ` of ${list.join(" or ")}`).join(" and");
  return { required: needs.required, groups, validForHours: needs.validForHours, names: [...new Set(names)] };
}

/** Returns the differences between the present plan and the previous one. */
async function sinceLastPlan({ database }: WebContext, id: string): Promise<string[]> {
  const plans = await database
    .selectFrom("plans")
    .select(["lines", "digest"])
    .where("request_id", "=", id)
    .orderBy("made_at", "desc")
    .limit(2)
    .execute();
  const [present, before] = plans.map(({ lines }) => z.array(z.string()).parse(lines));
  if (present === undefined || before === undefined) return [];
  const [isPresent, wasPresent] = [new Set(present), new Set(before)];
  return [
    ...present.filter((line) => !wasPresent.has(line)).map((line) => `New: ${line}`),
    ...before.filter((line) => !isPresent.has(line)).map((line) => `No longer: ${line}`),
  ];
}
