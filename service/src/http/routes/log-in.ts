import { randomUUID } from "node:crypto";

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { decide } from "../../approval/decide";
import { append } from "../../audit/chain";
import { seePerson } from "../../identity/people";
import { beginSession, endSession, sessionMs } from "../../identity/sessions";
import { Problem } from "../../problem";
import { write } from "../../records/database";
import { idempotently } from "../../records/idempotency";
import { viewOf } from "../../requests/view";
import { apiRoot, type App, type WebContext } from "../app";
import { insistOnOwnOrigin, personOfSession } from "../caller";
import { cookieNames, cookieOptions } from "../cookies";
import { html, page } from "../page";
import { problemOf } from "../problems";

const hidden = { hide: true };
const anId = z.object({ id: z.uuid() });
const decisionSchema = z.object({
  decision: z.enum(["approve", "refuse"]),
  digest: z.string().min(1).max(200),
  comment: z.string().trim().max(1000).optional(),
});
const logInSeconds = 10 * 60;

/** Logging in and out, and the log-in of its own that a decision on the page is. */
export function logInRoutes(app: App, context: WebContext): void {
  const { logIn, settings } = context;
  const names = cookieNames(settings);

  const beginWith = async (
    reply: FastifyReply,
    begun: ReturnType<typeof logIn.begin>,
  ): Promise<FastifyReply> => {
    const { location, cookie } = await begun;
    return reply
      .setCookie(names.logIn, cookie, cookieOptions(settings, logInSeconds))
      .redirect(location.href, 303);
  };

  app.get(
    "/login",
    { schema: { ...hidden, querystring: z.object({ returnTo: z.string().max(2000).default("/") }) } },
    (request, reply) => beginWith(reply, logIn.begin(request.query.returnTo)),
  );

  app.get("/callback", { schema: hidden }, async (request, reply) => {
    void reply.clearCookie(names.logIn, cookieOptions(settings, 0));
    try {
      return await endLogIn(context, request, reply);
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      if (problem.status === 401) context.metrics.answered("logInRefused", 401, 0);
      return sendPage(
        reply,
        problem.status,
        problem.title,
        html`<p>${problem.message}</p>
          <p><a href="/">Back</a></p>`,
      );
    }
  });

  app.get("/logout", { schema: hidden }, (_request, reply) =>
    sendPage(
      reply,
      200,
      "Log out",
      html`<form method="post" action="/logout"><button>Log out</button></form>`,
    ),
  );

  app.post("/logout", { schema: hidden }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOfSession(context, request);
    await endSession(context, request.cookies[names.session] ?? "");
    if (person !== undefined)
      await write(context, (writing) => append(context, writing, { kind: "logOut", actorId: person.id }));
    return reply.clearCookie(names.session, cookieOptions(settings, 0)).redirect("/", 303);
  });

  app.get("/", { schema: hidden }, async (request, reply) => {
    const person = await personOfSession(context, request);
    return sendPage(
      reply,
      200,
      "Provisioning service",
      person === undefined
        ? html`<p><a href="/login">Log in</a></p>`
        : html`<p>
              You are logged in as ${person.name ?? person.subject}: ${person.roles.join(", ") || "no role"}.
            </p>
            <p><a href="${apiRoot}/requests">Requests</a> (<a href="${apiRoot}/openapi.json">the API</a>)</p>
            <form method="post" action="/logout"><button>Log out</button></form>`,
    );
  });

  app.get("/requests/:id", { schema: { ...hidden, params: anId } }, async (request, reply) => {
    const person = await personOfSession(context, request);
    if (person === undefined) return reply.redirect(`/login?returnTo=/requests/${request.params.id}`, 303);
    return await showRequest(context, reply, await viewOf(context, person, request.params.id));
  });

  app.get(
    "/requests/:id/decision",
    { schema: { ...hidden, params: anId, querystring: decisionSchema } },
    async (request, reply) => {
      const person = await personOfSession(context, request);
      if (person === undefined)
        return reply.redirect(`/login?returnTo=${encodeURIComponent(request.url)}`, 303);
      const view = await viewOf(context, person, request.params.id);
      const { decision, digest, comment } = request.query;
      const verb = decision === "approve" ? "Approve" : "Refuse";
      return sendPage(
        reply,
        200,
        `${verb}: ${view.kind} in ${view.stage}`,
        html`${planOf(view)}
          <form method="post">
            <input type="hidden" name="decision" value="${decision}" /><input
              type="hidden"
              name="digest"
              value="${digest}"
            />
            <p>
              <label>Comment <input name="comment" maxlength="1000" value="${comment ?? ""}" /></label>
            </p>
            <p><button>${verb}: log in again</button></p>
          </form>`,
      );
    },
  );

  app.post(
    "/requests/:id/decision",
    { schema: { ...hidden, params: anId, body: decisionSchema } },
    async (request, reply) => {
      insistOnOwnOrigin(context, request);
      const person = await personOfSession(context, request);
      if (person === undefined) throw new Problem("unauthenticated", "Log in first, at /login.");
      const { id } = request.params;
      await viewOf(context, person, id);
      const { comment, ...rest } = request.body;
      const decision = { requestId: id, ...rest, ...(comment ? { comment } : {}) };
      return await beginWith(reply, logIn.beginDecision(decision));
    },
  );
}

async function endLogIn(
  context: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { logIn, settings } = context;
  const names = cookieNames(settings);
  const current = new URL(request.url, settings.url);
  const { account, returnTo, decided } = await logIn.end(current, request.cookies[names.logIn]);
  const person = await seePerson(context, account);
  // A session never outlives a log-in: whoever was here before is logged out.
  const before = request.cookies[names.session];
  if (before !== undefined) await endSession(context, before);
  const session = await beginSession(context, person);
  await write(context, (writing) => append(context, writing, { kind: "logIn", actorId: person.id }));
  void reply.setCookie(names.session, session, cookieOptions(settings, sessionMs / 1_000));
  if (decided === undefined) return reply.redirect(returnTo, 303);
  const { requestId, idToken, random, comment, decision, digest } = decided;
  const route = `POST ${apiRoot}/requests/${requestId}/approvals`;
  const input = { decision, digest, ...(comment === undefined ? {} : { comment }) };
  const call = { caller: person, route, key: randomUUID(), body: input };
  const { answer } = await idempotently(context, call, (writing) =>
    decide(context, writing, person, requestId, input, { kind: "idToken", idToken, random }),
  );
  return sendPage(
    reply,
    200,
    decision === "approve" ? "Approved" : "Refused",
    html`<p>Receipt: ${answer.approvalId}, head of the audit chain ${answer.head}.</p>
      <p><a href="${returnTo}">The request</a></p>`,
  );
}

type View = Awaited<ReturnType<typeof viewOf>>;

function planOf({ reason, plan }: View): ReturnType<typeof html> {
  if (!plan)
    return html`<p>${reason}</p>
      <p>There is no plan yet.</p>`;
  return html`<p>${reason}</p>
    <ul>
      ${textLines(plan.lines).map((line) => html`<li>${line}</li>`)}
    </ul>
    <p>Digest <code>${plan.digest}</code></p>`;
}

function textLines(lines: unknown): string[] {
  return z.array(z.string()).parse(lines);
}

async function showRequest(_context: WebContext, reply: FastifyReply, view: View): Promise<FastifyReply> {
  const decide = !view.plan ? "" : `/requests/${view.id}/decision?digest=${view.plan.digest}&decision=`;
  return await sendPage(
    reply,
    200,
    `${view.kind} in ${view.stage}: ${view.state}`,
    html`${planOf(view)}
      ${
        decide === "" || view.state !== "waitingForApproval"
          ? undefined
          : html`<p><a href="${decide}approve">Approve</a> <a href="${decide}refuse">Refuse</a></p>`
      }
      <p><a href="/">Back</a></p>`,
  );
}

function sendPage(
  reply: FastifyReply,
  status: number,
  title: string,
  body: ReturnType<typeof html>,
): FastifyReply {
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .serializer((text: string) => text)
    .send(page(title, body));
}
