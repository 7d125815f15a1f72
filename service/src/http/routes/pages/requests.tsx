import { randomUUID } from "node:crypto";

import { z } from "zod";

import { objectionTo, objectionToRights, type Requirement } from "../../../approval/rule";
import { shownKinds } from "../../../audit/kinds";
import type { Person } from "../../../identity/person";
import { titleOf } from "../../../page/parts";
import { RequestPage, type ShownEvent } from "../../../page/request-page";
import { idempotently } from "../../../records/idempotency";
import { isRequester } from "../../../requests/access";
import { breakGlass, reviewBreakGlass } from "../../../requests/break-glass";
import { retry } from "../../../requests/retry";
import { requesterOf } from "../../../requests/signed-request";
import { findRequest, viewOf } from "../../../requests/view";
import { withdraw } from "../../../requests/withdraw";
import { placeInQueue } from "../../../work/place";
import { type App, apiRoot, type WebContext } from "../../app";
import { insistOnOwnOrigin } from "../../caller";
import { eventsAfter } from "../../event-stream";
import { personOrLogIn, sendPage } from "./answer";

const anId = z.object({ id: z.uuid() });
const aForm = z.looseObject({
  key: z.string().min(1).max(200),
  reason: z.string().trim().max(1000).default(""),
  /** Of the plan that was shown. */
  digest: z.string().max(200).optional(),
});

/** A request, and what whoever asked does about it. Decisions are log-ins: see `log-in.tsx`. */
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
        deciders={await describeDeciders(context, view.needs)}
        isRequester={isRequester(person, row)}
        isAdministrator={person.roles.includes("administrator")}
        sinceLastPlan={await sinceLastPlan(context, id)}
        place={await placeInQueue(context.database, id)}
        formKey={randomUUID()}
      />
    );
    return sendPage(reply, { title: titleOf(view), person, content, isLive: true });
  });

  const works = {
    withdrawal: withdraw,
    retry,
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
      const { key, reason, digest } = request.body;
      const call = { caller: person, route: `POST ${apiRoot}/requests/${id}/${path}`, key, body: { reason } };
      await idempotently(context, call, (writing) => work(context, writing, person, id, reason, digest));
      return reply.redirect(`/requests/${id}`, 303);
    });
  }
}

const objectionWords = {
  machine: "this log-in is a machine's.",
  samePerson: "you asked for it yourself. Somebody else must decide.",
  notApprover: "you do not have the role approver.",
  otherGroup: "you are in none of the groups that decide about this stage.",
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

/** Says how many must decide, and names those who have been here. */
async function describeDeciders({ database }: WebContext, needs: Requirement): Promise<string> {
  const people = await database
    .selectFrom("people")
    .select(["name", "roles", "groups", "person"])
    .where("name", "is not", null)
    .where("person", "is not", null)
    .orderBy("name")
    .execute();
  const names = people
    .filter(({ roles, groups }) => {
      const rights = { roles: roles as Person["roles"], groups: groups as string[] };
      return objectionToRights(rights, needs) === undefined;
    })
    .map(({ name }) => name);
  const count = needs.required === 1 ? "One person" : `${needs.required} persons`;
  const groups = needs.groups.map((list) => ` of ${list.join(" or ")}`).join(" and");
  const who = names.length === 0 ? "" : ` Who can: ${[...new Set(names)].join(", ")}.`;
  return `${count}${groups} must approve, never whoever asked. An approval counts for ${needs.validForHours} hours.${who}`;
}

/** Says what the present plan has, and the one before had not, and the other way round. */
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
  return [
    ...present.filter((line) => !before.includes(line)).map((line) => `New: ${line}`),
    ...before.filter((line) => !present.includes(line)).map((line) => `No longer: ${line}`),
  ];
}
