import type { FastifyReply, FastifyRequest } from "fastify";
import type { ComponentChildren } from "preact";

import type { Person } from "../../../identity/person";
import { Layout, renderPage } from "../../../page/layout";
import { ProblemBox } from "../../../page/parts";
import type { Problem } from "../../../problem";
import type { WebContext } from "../../app";
import { personOfSession } from "../../caller";

/** A page, as a route answers with it. */
export interface Answer {
  title: string;
  person: Person | undefined;
  content: ComponentChildren;
  status?: number;
  /** Whether it follows, or checks, something by the script. */
  isLive?: boolean;
}

/** Answers with a page. */
export function sendPage(reply: FastifyReply, answer: Answer): FastifyReply {
  const { title, person, content, status = 200, isLive = false } = answer;
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .serializer((text: string) => text)
    .send(
      renderPage(
        <Layout title={title} person={person} isLive={isLive}>
          {content}
        </Layout>,
      ),
    );
}

/** Answers with the page of a problem, which says what to do next. */
export function sendProblemPage(
  reply: FastifyReply,
  problem: Problem,
  person: Person | undefined,
  backTo = "/",
): FastifyReply {
  const content = (
    <ProblemBox title="This could not be done">
      <p>{problem.message}</p>
      <p>
        <a href={backTo}>Back</a>
      </p>
    </ProblemBox>
  );
  return sendPage(reply, { title: problem.title, person, content, status: problem.status });
}

/** Gives whose session it is; sends whoever has none to log in, and back here afterwards. */
export async function personOrLogIn(
  context: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Person | undefined> {
  const person = await personOfSession(context, request);
  if (person === undefined) {
    const returnTo = request.method === "GET" ? request.url : "/";
    await reply.redirect(`/login?returnTo=${encodeURIComponent(returnTo)}`, 303);
  }
  return person;
}
