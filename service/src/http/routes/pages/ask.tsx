import { randomUUID } from "node:crypto";

import type { FastifyReply } from "fastify";
import { z } from "zod";

import type { Person } from "../../../identity/person";
import {
  emptyFields,
  type FieldProblems,
  type Fields,
  fieldsOfEntry,
  fieldsOfRequest,
  fieldsSchema,
  problemsByField,
  requestOf,
  stagesOffered,
} from "../../../page/fields";
import { RequestForm } from "../../../page/request-form";
import { kindWords } from "../../../page/words";
import { Problem } from "../../../problem";
import { readCustomer } from "../../../records/customers";
import { write } from "../../../records/database";
import { deleteDrafts, findDraft, keepDraft } from "../../../records/drafts";
import { idempotently } from "../../../records/idempotency";
import { newRequestSchema } from "../../../requests/request";
import { submit } from "../../../requests/submit";
import { findRequest, viewOf } from "../../../requests/view";
import { type App, apiRoot, type WebContext } from "../../app";
import { insistOnOwnOrigin } from "../../caller";
import { problemOf } from "../../problems";
import { personOrLogIn, sendPage } from "./answer";

const route = `POST ${apiRoot}/requests`;
const key = z.string().min(1).max(200);
const sent = fieldsSchema.extend({
  key,
  draftId: z.uuid().optional(),
  action: z.enum(["send", "draft"]).default("send"),
});

/** The form of a request: empty, from a draft, from an earlier request, or from a customer's record. */
export function askPages(app: App, context: WebContext): void {
  const query = fieldsSchema
    .pick({ kind: true, stage: true, name: true })
    .extend({ from: z.uuid().optional(), draft: z.uuid().optional() });
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
      const problems = problemsOf(error);
      return showForm(context, reply, person, { fields, problems, draftId });
    }
  });

  app.post("/requests/check", { schema: { hide: true, body: sent } }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const problems = await check(context, person, request.body);
    return reply
      .type("application/json")
      .serializer(JSON.stringify)
      .send({ problems: Object.fromEntries(problems) });
  });

  const chosen = z.object({
    key,
    draft: z.preprocess((ids) => [ids ?? []].flat(), z.array(z.uuid())),
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
}

async function begin(context: WebContext, person: Person, { from, draft, ...given }: Begun): Promise<Fields> {
  if (draft !== undefined)
    return fieldsSchema.parse((await findDraft(context.database, person, draft)).fields);
  if (from !== undefined) {
    await viewOf(context, person, from);
    return fieldsOfRequest(newRequestSchema.parse((await findRequest(context.database, from)).asked));
  }
  const { kind, stage, name } = given;
  if (name === "") return { ...emptyFields(), ...given };
  const { entry, etag } = await readCustomer(context, person, stage, name);
  return { ...fieldsOfEntry(entry, { kind, stage }), name, basedOn: etag };
}

function showForm(
  context: WebContext,
  reply: FastifyReply,
  person: Person,
  shown: { fields: Fields; problems?: FieldProblems; draftId?: string | undefined },
): FastifyReply {
  const { fields, problems = new Map<string, string[]>(), draftId } = shown;
  const content = (
    <RequestForm
      fields={fields}
      problems={problems}
      stages={stagesOffered(context.settings.stages)}
      formKey={randomUUID()}
      draftId={draftId}
    />
  );
  const title = fields.basedOn === "" ? "Ask for a customer" : `${kindWords[fields.kind]}: ${fields.name}`;
  return sendPage(reply, { title, person, content, status: problems.size > 0 ? 422 : 200, isLive: true });
}

/**
 * Says what is wrong with a form.
 *
 * @throws what is nothing that whoever filled it in can correct
 */
function problemsOf(error: unknown): FieldProblems {
  if (error instanceof z.ZodError)
    return problemsByField(error.issues.map(({ path, message }) => ({ path: path.join("."), message })));
  const problem = problemOf(error);
  if (problem === undefined || problem.status === 403) throw error;
  if (problem.code === "nameTaken") return new Map([["name", [problem.message]]]);
  const { data } = z
    .array(z.object({ path: z.string(), message: z.string() }))
    .safeParse(problem.more["errors"]);
  return data === undefined ? new Map([["", [problem.message]]]) : problemsByField(data);
}

/** Ends a transaction in which something was only tried. */
class OnlyTried extends Error {}

/** Checks a form as it would be when it is sent, and sends nothing. Everything that is wrong is found at once. */
async function check(context: WebContext, person: Person, fields: Fields): Promise<FieldProblems> {
  const problems = await tryOut(context, person, { ...fields, reason: fields.reason || "not given yet" });
  return fields.reason === "" ? new Map([...problems, ["reason", ["must say why it is needed"]]]) : problems;
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
    return error instanceof OnlyTried ? new Map() : problemsOf(error);
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
    const read = fieldsSchema.parse(fields);
    try {
      return requestOf(read);
    } catch (error) {
      const what = `${kindWords[read.kind]}: ${read.name === "" ? "no name yet" : read.name}`;
      throw new Problem(
        "invalid",
        `The draft “${what}” is not complete. Open it, and correct what it says.`,
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
