import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { decide } from "../../approval/decide";
import { Problem } from "../../problem";
import { breakGlass, reviewBreakGlass } from "../../requests/break-glass";
import { newRequestSchema, requestStates } from "../../requests/request";
import { retry } from "../../requests/retry";
import { submit } from "../../requests/submit";
import { listRequests, viewOf } from "../../requests/view";
import { withdraw } from "../../requests/withdraw";
import { apiRoot, type App, type WebContext } from "../app";
import { sendEvents } from "../event-stream";
import { idempotencyHeaders, once } from "../idempotency";
import { pageOf, pageQuery } from "../paging";
import { problemSchema } from "../problems";
import { requestView } from "../views";

const anId = z.object({ id: z.uuid() });
const someReason = z.strictObject({ reason: z.string().trim().min(1).max(1000) });
const maybeReason = z.strictObject({ reason: z.string().trim().max(1000).optional() }).prefault({});

const batchSchema = z
  .strictObject({ requests: z.array(newRequestSchema).min(1).max(100) })
  .describe("Several requests at once: all of them are made, or none.");
const batchView = z.object({ id: z.string(), requests: z.array(requestView) });

const decisionSchema = z.strictObject({
  decision: z.enum(["approve", "refuse"]),
  digest: z.string().min(1).describe("The digest of the plan that was read."),
  comment: z.string().trim().max(1000).optional(),
});

const tags = ["requests"];
const refusals = { 400: problemSchema, 401: problemSchema, 403: problemSchema, 409: problemSchema };
const headers = idempotencyHeaders;

/** Requests: asked for, read, decided, withdrawn, tried again. */
export function requestRoutes(app: App, context: WebContext): void {
  app.post(
    "/requests",
    {
      schema: {
        tags,
        summary: "Ask for something",
        operationId: "createRequest",
        headers,
        body: z.union([newRequestSchema, batchSchema]),
        response: { 201: z.union([requestView, batchView]), ...refusals, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const { person } = request.caller;
      const { requestIds, batchId } = await once(context, request, reply, (writing) =>
        submit(context, writing, person, request.body),
      );
      const views = await Promise.all(requestIds.map((id) => viewOf(context, person, id)));
      const [first] = views;
      if (batchId !== undefined) return reply.code(201).send({ id: batchId, requests: views } as never);
      void reply.header("location", `${apiRoot}/requests/${first?.id ?? ""}`);
      return reply.code(201).send(first as never);
    },
  );

  app.get(
    "/requests",
    {
      schema: {
        tags,
        summary: "List requests",
        operationId: "listRequests",
        querystring: pageQuery.extend({
          state: z.enum(requestStates).optional(),
          stage: z.enum(stages).optional(),
          customer: z.string().optional(),
        }),
        response: { 200: pageOf(requestView), 400: problemSchema, 401: problemSchema },
      },
    },
    (request) => listRequests(context, request.caller.person, request.query) as never,
  );

  app.get(
    "/requests/:id",
    {
      schema: {
        tags,
        summary: "Read a request",
        operationId: "readRequest",
        params: anId,
        response: { 200: requestView, 401: problemSchema, 404: problemSchema },
      },
    },
    (request) => viewOf(context, request.caller.person, request.params.id) as never,
  );

  app.get(
    "/requests/:id/events",
    {
      schema: {
        tags,
        summary: "Follow a request",
        description: "Server-sent events. `Last-Event-ID` resumes after an event.",
        operationId: "followRequest",
        params: anId,
        produces: ["text/event-stream"],
        response: { 401: problemSchema, 404: problemSchema },
      },
    },
    (request, reply) => sendEvents(context, request, reply, request.params.id) as never,
  );

  app.post(
    "/requests/:id/approvals",
    {
      schema: {
        tags,
        summary: "Approve or refuse a plan",
        operationId: "decideRequest",
        params: anId,
        headers,
        body: decisionSchema,
        response: { 201: requestView, ...refusals, 404: problemSchema, 422: problemSchema },
      },
    },
    async (request, reply) => {
      const { person, accessToken } = request.caller;
      const { id } = request.params;
      const { comment, ...rest } = request.body;
      const input = { ...rest, ...(comment === undefined ? {} : { comment }) };
      const { approvalId, head } = await once(context, request, reply, (writing) => {
        if (accessToken === undefined) throw logInForDecision(id);
        const authenticatedAt = person.authenticatedAt ?? new Date(0);
        const evidence = { kind: "accessToken" as const, accessToken, authenticatedAt };
        return decide(context, writing, person, id, input, evidence);
      });
      const view = await viewOf(context, person, id);
      return reply.code(201).send({ ...view, receipt: { approval: approvalId, head } } as never);
    },
  );

  const act = (
    path: string,
    summary: string,
    operationId: string,
    work: typeof withdraw,
    body: typeof someReason | typeof maybeReason = someReason,
  ): void => {
    app.post(
      `/requests/:id/${path}`,
      {
        schema: {
          tags,
          summary,
          operationId,
          params: anId,
          headers,
          body,
          response: { 201: requestView, ...refusals, 404: problemSchema, 422: problemSchema },
        },
      },
      async (request, reply) => {
        const { person } = request.caller;
        const { id } = request.params;
        const reason = (request.body as { reason?: string }).reason ?? "";
        await once(context, request, reply, (writing) => work(context, writing, person, id, reason));
        return reply.code(201).send((await viewOf(context, person, id)) as never);
      },
    );
  };
  act("withdrawal", "Withdraw a request", "withdrawRequest", withdraw, maybeReason);
  act("retry", "Have a failed request tried again", "retryRequest", retry, maybeReason);
  act("break-glass", "Apply without a second person", "breakGlass", breakGlass);
  act("break-glass/review", "Review a broken glass afterwards", "reviewBreakGlass", reviewBreakGlass);
}

/** A session is worth hours; a decision is worth a log-in of its own, which the request's page asks for. */
function logInForDecision(id: string): Problem {
  return new Problem(
    "staleLogIn",
    "On the page, a decision is a log-in of its own: open `page`, and decide there. By the API, send an access token.",
    { page: `/requests/${id}` },
  );
}
