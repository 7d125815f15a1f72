import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";

import { type Answer, ApiError } from "./answer";
import type { AuthorizationServer } from "./authorization-server";
import { apiRoot, type Contract } from "./contract";
import type { Control } from "./control";
import { controlRoot, serveControl } from "./control-endpoint";
import { parseExactJson, toBigIntJson } from "./exact-json";
import { exchange, mediaTypeOf, type Sleep } from "./exchange";
import type { FaultPlan } from "./faults";
import { type Journal, toLoggedForm, toLoggedJson, toLoggedPath } from "./journal";
import type { RateLimiter } from "./rate-limit";
import type { TenantManagement } from "./tenant-management";
import type { Operation } from "./vocabulary";

/** What the server serves. */
export interface ServerContext {
  contract: Contract;
  tenantManagement: TenantManagement;
  /** The token endpoints: path, operation for counting, and server. */
  tokenEndpoints: { path: string; operation: Operation; server: AuthorizationServer }[];
  control: Control;
  journal: Journal;
  faults: FaultPlan;
  limiter: () => RateLimiter;
  latencyMs: () => number;
  sleep: Sleep;
}

/** Creates the HTTP server, which does not listen yet. */
export function createServer(context: ServerContext): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true, exposeHeadRoutes: false });
  // Bodies stay texts: the code that parses them decides what is valid, and reads integers exactly.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    const answer =
      status < 500 && error instanceof Error ? new ApiError(status, error.message).toAnswer() : bug(error);
    return reply.code(status).send(answer.body);
  });
  app.setNotFoundHandler((request, reply) => serveUnknown(context, request, reply));
  app.all(`${apiRoot}/*`, (request, reply) => serveApi(context, request, reply));
  for (const { path, operation, server } of context.tokenEndpoints) {
    app.all(path, (request, reply) => serveToken(context, operation, server, request, reply));
  }
  serveControl(app, context.control);
  return app;
}

async function serveApi(context: ServerContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { contract, journal, faults, limiter, latencyMs, sleep, tenantManagement } = context;
  const { method, url } = request;
  const matched = contract.match(method, url);
  if (matched === undefined) {
    await serveUnknown(context, request, reply);
    return;
  }
  const body = bodyOf(request);
  const record = journal.record(matched.operation, method, toLoggedPath(url));
  const tenant = tenantManagement.tenantOf({ url, body });
  const subject = journal.subjectOf({ operation: matched.operation, path: pathOf(url), body, tenant });
  if (tenant !== undefined) record.tenant = tenant;
  if (subject !== tenant) record.subject = subject;
  if (body !== "") {
    record.body = loggedJson(body);
  }
  const refusal = limiter().refusal();
  if (refusal !== undefined) {
    await exchange(reply, record, { latencyMs: 0, fault: undefined, sleep }, () => refusal);
    return;
  }
  await exchange(
    reply,
    record,
    { latencyMs: latencyMs(), fault: faults.take(matched.operation, pathOf(url), subject), sleep },
    () => {
      try {
        return tenantManagement.answer(matched, {
          method: method === "HEAD" ? "GET" : method,
          url,
          contentType: request.headers["content-type"],
          authorization: request.headers.authorization,
          body,
        });
      } catch (error) {
        return bug(error);
      }
    },
  );
}

async function serveToken(
  context: ServerContext,
  operation: Operation,
  server: AuthorizationServer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { journal, faults, latencyMs, sleep } = context;
  const { method, url } = request;
  const { "content-type": contentType, authorization } = request.headers;
  const body = bodyOf(request);
  const record = journal.record(operation, method, toLoggedPath(url));
  if (mediaTypeOf(contentType) === "application/x-www-form-urlencoded") {
    record.body = toLoggedForm(new URLSearchParams(body));
  }
  await exchange(
    reply,
    record,
    { latencyMs: latencyMs(), fault: faults.take(operation, pathOf(url)), sleep },
    () => server.answer({ method, url, contentType, authorization, body }),
  );
}

async function serveUnknown(
  { contract, journal, faults, latencyMs, sleep }: ServerContext,
  { method, url }: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (url.startsWith(`${controlRoot}/`)) {
    const { status, body } = new ApiError(404, "the control endpoint has nothing at this path").toAnswer();
    await reply.code(status).send(body);
    return;
  }
  const record = journal.record("unknown", method, toLoggedPath(url));
  await exchange(
    reply,
    record,
    { latencyMs: latencyMs(), fault: faults.take("unknown", pathOf(url)), sleep },
    () => {
      const allowed = contract.methodsOf(url);
      return allowed.length === 0
        ? new ApiError(404, "there is nothing at this path").toAnswer()
        : new ApiError(405, `this path has no ${method}`, { allow: allowed.join(", ") }).toAnswer();
    },
  );
}

/**
 * Creates the response to an error of the sandbox itself, and prints it on stderr: a test must not take it
 * for a fault.
 */
function bug(error: unknown): Answer {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`sandbox: a bug of the sandbox: ${text}\n`);
  return new ApiError(500, "a bug of the sandbox; see its stderr").toAnswer();
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "";
}

function bodyOf({ body }: FastifyRequest): string {
  return typeof body === "string" ? body : "";
}

function loggedJson(text: string): unknown {
  try {
    const value = parseExactJson(text);
    // A bare text could be anything, even a credential.
    return typeof value === "object" ? toLoggedJson(toBigIntJson(value)) : undefined;
  } catch {
    // The operation reports what is wrong with it.
    return undefined;
  }
}

function statusOf(error: unknown): number {
  const status =
    typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : 500;
}
