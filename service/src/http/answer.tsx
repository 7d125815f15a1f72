import type { FastifyReply, FastifyRequest } from "fastify";
import type { ComponentChildren } from "preact";

import { Layout, renderPage } from "../page/layout";
import { ProblemBox } from "../page/parts";
import type { Person } from "../person";
import type { Problem } from "../problem";
import { personOfSession } from "./caller";
import type { WebContext } from "./web-context";

/** A page as a route's response. */
export interface Answer {
  title: string;
  person: Person | undefined;
  content: ComponentChildren;
  status?: number;
  /** Where the browser goes on to by itself. Default: nowhere. */
  next?: string;
}

/** Responds with a page. */
export function sendPage(reply: FastifyReply, answer: Answer): FastifyReply {
  const { title, person, content, status = 200, next } = answer;
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .serializer((text: string) => text)
    .send(
      renderPage(
        <Layout title={title} person={person} path={reply.request.url} next={next}>
          {content}
        </Layout>,
      ),
    );
}

/** Responds with the page of a problem, which says what to do next. */
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

/** Returns the person of the session; without one, sends the browser to log in and back here afterwards. */
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
