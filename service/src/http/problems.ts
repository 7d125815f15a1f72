import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { issuesOf } from "../issues";
import { Problem, type ProblemCode, problemKinds } from "../problem";
import { WrongStateError } from "../requests/state-machine";

/** A problem in a response (RFC 9457). */
export const problemSchema = z
  .looseObject({
    type: z.string().describe("What kind of problem it is: `urn:resistant-tenants:problem:` and its code."),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe("What happened, and what to do next."),
    code: z.enum(Object.keys(problemKinds) as [ProblemCode, ...ProblemCode[]]),
    instance: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .describe("A problem (RFC 9457).");

/** Returns the problem to report for an error; undefined if the service itself is at fault. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof WrongStateError)
    return new Problem("wrongState", error.message, { state: error.state }, { cause: error });
  const status = (error as Partial<FastifyError>).statusCode;
  // Fastify's own refusals: unreadable JSON, a body that is too long, an unknown content type.
  if (typeof status === "number" && status >= 400 && status < 500 && error instanceof Error)
    return new Problem("invalid", `${error.message}.`.replace(/\.\.$/, "."), {}, { cause: error });
  return undefined;
}

/** Responds with a problem. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const { code, status, title, message, more } = problem;
  if (status === 401) void reply.header("www-authenticate", 'Bearer realm="provisioning"');
  const body = {
    ...more,
    type: `urn:resistant-tenants:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    instance: request.url.split("?")[0],
  };
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(body);
}

/** Creates the problem for input that its schema refuses, with all errors and their paths. */
export function invalidInput(error: z.ZodError): Problem {
  const errors = issuesOf(error.issues);
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  return new Problem("invalid", detail, { errors }, { cause: error });
}
