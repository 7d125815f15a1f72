import { randomUUID } from "node:crypto";

import type { FastifyReply } from "fastify";
import { z } from "zod";

import { idempotently } from "../../../actions/idempotency";
import { insistOnFreeName, submit } from "../../../actions/submit";
import { findRequest, viewOf } from "../../../actions/view";
import { listCustomers, readCustomer } from "../../../customers/customers";
import { othersWithCustomerId } from "../../../customers/same-customer-id";
import { sprawl } from "../../../customers/sprawl";
import { emptyRow, gatherRows } from "../../../page/application-fields";
import {
  emptyFields,
  type FieldProblems,
  type Fields,
  fieldsOfDraft,
  fieldsOfEntry,
  fieldsOfRequest,
  fieldsSchema,
  mostCustomers,
  problemsByField,
  requestOf,
  stagesOffered,
} from "../../../page/fields";
import { RequestForm } from "../../../page/request-form";
import type { UpgradableCustomer } from "../../../page/upgrade-form";
import type { Person } from "../../../person";
import { Problem } from "../../../problem";
import { write } from "../../../records/database";
import { deleteDrafts, findDraft, keepDraft } from "../../../records/drafts";
import {
  beginningKinds,
  describeSameCustomerId,
  kindWords,
  newRequestSchema,
} from "../../../requests/request";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnOwnOrigin } from "../../caller";
import { problemOf } from "../../problems";
import { uuid } from "../../schemas";
import { apiRoot, type App, type WebContext } from "../../web-context";

const route = `POST ${apiRoot}/requests`;
const key = z.string().min(1).max(200);
const sent = z.preprocess(
  gatherRows,
  fieldsSchema.extend({
    key,
    draftId: uuid.optional(),
    action: z.enum(["send", "draft", "addApplication"]).default("send"),
  }),
);

/** Registers the form of a request: empty, or filled from a draft, an earlier request, or a customer's record. */
export function askPages(app: App, context: WebContext): void {
  const query = fieldsSchema.pick({ kind: true, stage: true, name: true }).extend({
    from: uuid.optional(),
    draft: uuid.optional(),
    due: z.string().max(100).optional(),
    pick: z.enum(["all", "none"]).default("all"),
  });
  app.get("/requests/new", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { draft } = request.query;
    return showForm(context, reply, person, {
      fields: await begin(context, person, request.query),
      draftId: draft,
    });
  });

  app.post("/requests/new", { schema: { hide: true, body: sent } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { key: formKey, draftId, action, ...fields } = request.body;
    if (action === "draft") {
      await write(context, (writing) =>
        keepDraft(writing, person, { id: draftId, fields, now: context.now() }),
      );
      return reply.redirect("/", 303);
    }
    if (action === "addApplication") {
      const applications = [...fields.applications, emptyRow()];
      return showForm(context, reply, person, { fields: { ...fields, applications }, draftId });
    }
    if (fields.reason === "") {
      const problems = await check(context, person, fields);
      return showForm(context, reply, person, { fields, problems, draftId });
    }
    try {
      const asked = requestOf(fields);
      const call = { caller: person, route, key: formKey, body: asked };
      const { answer } = await idempotently(context, call, async (writing) => {
        if (draftId !== undefined) await deleteDrafts(writing, person, [draftId]);
        return submit(context, writing, person, asked);
      });
      return await reply.redirect(`/requests/${answer.requestIds[0] ?? ""}`, 303);
    } catch (error) {
      const problems = problemsOf(error, fields);
      const isStale = problemOf(error)?.code === "stale";
      return showForm(context, reply, person, { fields, problems, draftId, isStale });
    }
  });

  app.post("/requests/check", { schema: { hide: true, body: sent } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const [problems, free, same] = await Promise.all([
      check(context, person, request.body),
      freeNameNote(context, request.body),
      sameCustomerIdNote(context, request.body),
    ]);
    const notes = {
      ...(problems.has("name") || free === undefined ? {} : { name: free }),
      ...(same === undefined ? {} : { customerId: same }),
    };
    return reply
      .type("application/json")
      .serializer(JSON.stringify)
      .send({ problems: Object.fromEntries(problems), notes });
  });

  const chosen = z.object({
    key,
    draft: z.preprocess((ids) => [ids ?? []].flat(), z.array(uuid)),
    action: z.enum(["send", "delete"]),
  });
  app.post("/drafts/send", { schema: { hide: true, body: chosen } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { key: formKey, draft: ids, action } = request.body;
    if (action === "send" && ids.length > 0) await sendTogether(context, person, formKey, ids);
    else await write(context, (writing) => deleteDrafts(writing, person, ids));
    return reply.redirect("/", 303);
  });
}

interface Begun {
  kind: Fields["kind"];
  stage: Fields["stage"];
  name: string;
  from?: string | undefined;
  draft?: string | undefined;
  /** Stage and name of a finding on `/due`. */
  due?: string | undefined;
  /** For an upgrade: which customers are ticked at first. */
  pick: "all" | "none";
}

async function begin(
  context: WebContext,
  person: Person,
  { from, draft, due, pick, ...given }: Begun,
): Promise<Fields> {
  if (draft !== undefined) return fieldsOfDraft((await findDraft(context.database, person, draft)).fields);
  if (from !== undefined) {
    await viewOf(context, person, from);
    return fieldsOfRequest(newRequestSchema.parse((await findRequest(context.database, from)).asked));
  }
  if (due !== undefined) {
    const found = (await sprawl(context)).find(({ stage, customer }) => `${stage}/${customer}` === due);
    if (found === undefined) throw new Problem("notFound", "Nothing is left over there.");
    return fieldsOfRequest(found.request);
  }
  const { kind, stage, name } = given;
  if (kind === "upgrade") {
    const all = pick === "none" ? [] : (await upgradable(context, person, stage)).map((one) => one.name);
    return { ...emptyFields(), kind, stage, customers: name === "" ? all : [name] };
  }
  if (name === "") return { ...emptyFields(), ...given };
  const { entry, etag, endsOn = "" } = await readCustomer(context, person, stage, name);
  return { ...fieldsOfEntry(entry, { kind, stage }), name, basedOn: etag, endsOn, endedOn: endsOn };
}

/** Returns the customers of a stage that can be upgraded. */
async function upgradable(
  context: WebContext,
  person: Person,
  stage: Fields["stage"],
): Promise<UpgradableCustomer[]> {
  const { items } = await listCustomers(context, person, { stage, limit: mostCustomers });
  return items
    .filter(({ status }) => status === "active" || status === "deprecated")
    .map(({ name, status, etag, customerId }) => ({
      ...{ name, status, etag },
      customerId: typeof customerId === "string" ? customerId : "",
    }));
}

interface Shown {
  fields: Fields;
  problems?: FieldProblems;
  draftId?: string | undefined;
  /** Whether the customer has changed since the form was opened. */
  isStale?: boolean;
}

async function showForm(
  context: WebContext,
  reply: FastifyReply,
  person: Person,
  { fields, problems = new Map<string, string[]>(), draftId, isStale = false }: Shown,
): Promise<FastifyReply> {
  const { kind, stage, name } = fields;
  const customers = kind === "upgrade" ? await upgradable(context, person, stage) : [];
  const query = new URLSearchParams({ kind, stage, ...(name === "" ? {} : { name }) });
  const content = (
    <RequestForm
      fields={fields}
      problems={problems}
      stages={stagesOffered(context.settings.stages)}
      formKey={randomUUID()}
      draftId={draftId}
      customers={customers}
      anew={isStale && kind !== "upgrade" ? `/requests/new?${query.toString()}` : undefined}
    />
  );
  const about = fields.basedOn === "" ? "Ask for a customer" : `${kindWords[kind]}: ${name}`;
  const title = kind === "upgrade" ? `${kindWords[kind]} in ${stage}` : about;
  return sendPage(reply, { title, person, content, status: problems.size > 0 ? 422 : 200 });
}

/**
 * Returns the problems of a form.
 *
 * @throws errors that the person who fills in the form cannot correct
 */
function problemsOf(error: unknown, fields: Fields): FieldProblems {
  if (error instanceof z.ZodError)
    return problemsByField(
      error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
      fields,
    );
  const problem = problemOf(error);
  if (problem === undefined || problem.status === 403) throw error;
  if (problem.code === "nameTaken") return new Map([["name", [wordsOfTaken(problem)]]]);
  const { data } = z
    .array(z.object({ path: z.string(), message: z.string() }))
    .safeParse(problem.more["errors"]);
  return data === undefined ? new Map([["", [problem.message]]]) : problemsByField(data, fields);
}

/** Ends a transaction that was only a trial. */
class OnlyTried extends Error {}

/** Checks a form as if it were sent, without sending it. All problems are found at once. */
async function check(context: WebContext, person: Person, fields: Fields): Promise<FieldProblems> {
  const found = new Map(
    await tryOut(context, person, { ...fields, reason: fields.reason || "not given yet" }),
  );
  if (fields.reason === "") found.set("reason", ["must explain why it is needed"]);
  // Other problems must not hide that the name is taken.
  if (!found.has("name")) {
    const taken = await takenName(context, person, fields);
    if (taken !== undefined) found.set("name", [taken]);
  }
  return found;
}

async function takenName(context: WebContext, person: Person, fields: Fields): Promise<string | undefined> {
  const { kind, stage, name } = fields;
  if (!beginningKinds.includes(kind) || name === "") return undefined;
  try {
    await insistOnFreeName(context, context.database, person, {
      stage,
      name,
      isNew: kind === "createCustomer",
    });
    return undefined;
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return wordsOfTaken(problem);
  }
}

/** Reports that a name is free, and how old the vendor's list is. */
async function freeNameNote({ database, now }: WebContext, fields: Fields): Promise<string | undefined> {
  const { kind, stage, name } = fields;
  if (kind !== "createCustomer" || name === "") return undefined;
  const list = await database
    .selectFrom("vendor_lists")
    .select(["listed_at", "problem"])
    .where("stage", "=", stage)
    .executeTakeFirst();
  if (list === undefined || list.problem !== null)
    return "No customer here has this name. The vendor's names are not known yet: the plan checks them.";
  const seconds = Math.max(0, Math.round((now().getTime() - list.listed_at.getTime()) / 1_000));
  return `This name is free in ${stage}, according to the vendor's list of ${seconds} s ago.`;
}

/** Reports which other customers have the identifier. */
async function sameCustomerIdNote({ database }: WebContext, fields: Fields): Promise<string | undefined> {
  const names = await othersWithCustomerId(database, fields);
  return names.length === 0 ? undefined : describeSameCustomerId(names);
}

/** Reports who has a name, with their request if the person may see it. */
function wordsOfTaken({ message, more }: Problem): string {
  const { name } = z.looseObject({ name: z.string() }).safeParse(more["requestedBy"]).data ?? {};
  return name === undefined ? message : `${message} It was ${name}.`;
}

async function tryOut(context: WebContext, person: Person, fields: Fields): Promise<FieldProblems> {
  try {
    const asked = requestOf(fields);
    await write(context, async (writing) => {
      await submit(context, writing, person, asked);
      throw new OnlyTried();
    });
    return new Map();
  } catch (error) {
    return error instanceof OnlyTried ? new Map() : problemsOf(error, fields);
  }
}

async function sendTogether(
  context: WebContext,
  person: Person,
  formKey: string,
  ids: readonly string[],
): Promise<void> {
  const drafts = await Promise.all(ids.map((id) => findDraft(context.database, person, id)));
  const requests = drafts.map(({ fields }) => {
    const read = fieldsOfDraft(fields);
    try {
      return requestOf(read);
    } catch (error) {
      const what = `${kindWords[read.kind]}: ${read.name === "" ? "no name yet" : read.name}`;
      throw new Problem(
        "invalid",
        `The draft “${what}” is not complete. Open and correct it.`,
        {},
        { cause: error },
      );
    }
  });
  const call = { caller: person, route, key: formKey, body: { requests } };
  await idempotently(context, call, async (writing) => {
    await deleteDrafts(writing, person, ids);
    return submit(context, writing, person, { requests });
  });
}
