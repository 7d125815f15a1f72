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
import { problemOf } from "../problems";
import { sendPage, sendProblemPage } from "./pages/answer";

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
      return sendProblemPage(reply, problem, undefined);
    }
  });

  app.post("/logout", { schema: hidden }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOfSession(context, request);
    await endSession(context, request.cookies[names.session] ?? "");
    if (person !== undefined)
      await write(context, (writing) => append(context, writing, { kind: "logOut", actorId: person.id }));
    return reply.clearCookie(names.session, cookieOptions(settings, 0)).redirect("/", 303);
  });

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
  return sendPage(reply, {
    title: decision === "approve" ? "Approved" : "Refused",
    person,
    content: (
      <>
        <p>Your log-in is the signature under this decision. Receipt:</p>
        <dl>
          <dt>Decision</dt>
          <dd>
            <code>{answer.approvalId}</code>
          </dd>
          <dt>Plan</dt>
          <dd>
            <code>{digest}</code>
          </dd>
          <dt>Head of the audit chain</dt>
          <dd>
            <code>{answer.head}</code>
          </dd>
        </dl>
        <p>
          <a href={returnTo}>See the request</a>
        </p>
      </>
    ),
  });
}
