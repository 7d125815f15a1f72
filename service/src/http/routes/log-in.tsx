import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { insistOnNoCredential } from "../../actions/free-text";
import { insistOnUndecided } from "../../actions/too-late";
import { append } from "../../audit/chain";
import type { BegunLogIn } from "../../identity/log-in";
import { seePerson } from "../../identity/people";
import { beginSession, endSession, sessionMs } from "../../identity/sessions";
import { longestComment } from "../../page/decision-card";
import { Problem } from "../../problem";
import { write } from "../../records/database";
import { sendPage, sendProblemPage } from "../answer";
import { cookieNames, cookieOptions, insistOnOwnOrigin, personOfSession } from "../caller";
import { problemOf } from "../problems";
import { recordRefusedLogIn } from "../refusals";
import { anId } from "../schemas";
import type { App, WebContext } from "../web-context";
import { decideBy } from "./decide-by";

const hidden = { hide: true };
const decisionSchema = z.object({
  decision: z.enum(["approve", "refuse"]),
  digest: z.string().min(1).max(200),
  comment: z.string().trim().max(longestComment).optional(),
});
const logInQuery = z.object({ returnTo: z.string().max(2000).default("/"), fresh: z.string().optional() });
const logInSeconds = 10 * 60;

/** Sends a browser to the issuer to log in. */
export async function beginWith(
  { settings }: WebContext,
  reply: FastifyReply,
  begun: Promise<BegunLogIn>,
): Promise<FastifyReply> {
  const { location, cookie } = await begun;
  return reply
    .setCookie(cookieNames(settings).logIn, cookie, cookieOptions(settings, logInSeconds))
    .redirect(location.href, 303);
}

/** Registers the routes for logging in and out, and for the separate log-in of a decision on the page. */
export function logInRoutes(app: App, context: WebContext): void {
  const { logIn, settings } = context;
  const names = cookieNames(settings);

  app.get(
    "/login",
    { schema: { ...hidden, querystring: logInQuery } },
    ({ query: { returnTo, fresh } }, reply) =>
      beginWith(context, reply, logIn.begin(returnTo, fresh !== undefined)),
  );

  app.get("/callback", { schema: hidden }, async (request, reply) => {
    void reply.clearCookie(names.logIn, cookieOptions(settings, 0));
    try {
      return await endLogIn(context, request, reply);
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      if (problem.status === 401) context.metrics.answered("logInRefused", 401, 0);
      // A refusal of a known account is recorded with the decision.
      if (problem.status === 401 || problem.code === "staleLogIn") await recordRefusedLogIn(context, problem);
      return sendProblemPage(reply, problem, undefined);
    }
  });

  app.post("/logout", { schema: hidden }, async (request, reply) => {
    insistOnOwnOrigin(context, request);
    const person = await personOfSession(context, request);
    await endSession(context, request.cookies[names.session] ?? "");
    if (person !== undefined)
      await write(context, (writing) => append(context, writing, { kind: "logOut", actorId: person.id }));
    void reply.clearCookie(names.session, cookieOptions(settings, 0));
    void reply.clearCookie(names.farewell, cookieOptions(settings, 0));
    const next = await logIn.logOutUrl(request.cookies[names.farewell]);
    if (next === undefined) return reply.redirect("/", 303);
    // No redirect: whatever the issuer leads on to would have to be in the policy for forms.
    const content = <LoggedOut next={next.href} />;
    return sendPage(reply, { title: "Logging out", person: undefined, content, next: next.href });
  });

  app.post(
    "/requests/:id/decision",
    { schema: { ...hidden, params: anId, body: decisionSchema } },
    async (request, reply) => {
      insistOnOwnOrigin(context, request);
      const person = await personOfSession(context, request);
      if (person === undefined) throw new Problem("unauthenticated", "Log in first, at /login.");
      const { id } = request.params;
      const { comment, ...rest } = request.body;
      insistOnNoCredential("comment", comment);
      await insistOnUndecided(context, person, id, rest.digest);
      const decision = { requestId: id, ...rest, ...(comment ? { comment } : {}) };
      return await beginWith(context, reply, logIn.beginDecision(decision));
    },
  );
}

/** Is shown until the browser is at the issuer, and where it does not go there by itself. */
function LoggedOut({ next }: { next: string }) {
  return (
    <>
      <p>You are logged out of this service.</p>
      <p>
        <a href={next}>Log out of the identity provider, too</a>
      </p>
    </>
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
  const { account, returnTo, decided, farewell } = await logIn.end(current, request.cookies[names.logIn]);
  const person = await seePerson(context, account);
  // A session never outlives a log-in: the previous person is logged out.
  const before = request.cookies[names.session];
  if (before !== undefined) await endSession(context, before);
  const session = await beginSession(context, person);
  await write(context, (writing) => append(context, writing, { kind: "logIn", actorId: person.id }));
  const lasting = cookieOptions(settings, sessionMs / 1_000);
  void reply.setCookie(names.session, session, lasting);
  if (farewell !== undefined) void reply.setCookie(names.farewell, farewell, lasting);
  if (decided === undefined) return reply.redirect(returnTo, 303);
  try {
    return await sendPage(reply, { ...(await decideBy(context, person, decided)), person });
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return sendProblemPage(reply, problem, person, returnTo);
  }
}
