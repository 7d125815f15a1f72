import { reasonSchema } from "pulumi-resistant-tenants/internal/reason";
import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { breakGlass, reviewBreakGlass } from "../../actions/break-glass";
import { decide } from "../../actions/decide";
import { answer, askQuestion, longestText } from "../../actions/questions";
import { submit } from "../../actions/submit";
import { listRequests, viewOf } from "../../actions/view";
import { retry, withdraw } from "../../actions/withdraw-or-retry";
import { Problem } from "../../problem";
import { newRequestSchema, requestStates } from "../../requests/request";
import { sendEvents } from "../event-stream";
import { idempotencyHeaders, once } from "../idempotency";
import { problemSchema } from "../problems";
import { anId, pageOf, pageQuery, streamed } from "../schemas";
import { decidedView, requestView } from "../views";
import { apiRoot, type App, type WebContext } from "../web-context";

const someReason = z.strictObject({ reason: reasonSchema });
const maybeReason = z.strictObject({ reason: reasonSchema.or(z.literal("")).optional() }).prefault({});

const someText = z.strictObject({ text: z.string().trim().min(1).max(longestText) });

const batchSchema = z
  .strictObject({ requests: z.array(newRequestSchema).min(1).max(100) })
  .describe("Several requests at once: all or none are created.");
const batchView = z.object({ id: z.string(), requests: z.array(requestView) });

const decisionSchema = z.strictObject({
  decision: z.enum(["approve", "refuse"]),
  digest: z.string().min(1).describe("The digest of the plan that you read."),
  comment: z.string().trim().max(1000).optional(),
});

const tags = ["requests"];
const refusals = { 400: problemSchema, 401: problemSchema, 403: problemSchema, 409: problemSchema };
const headers = idempotencyHeaders;

/** Registers the routes of requests: send, read, decide, withdraw, retry. */
export function requestRoutes(app: App, context: WebContext): void {
  app.post(
    "/requests",
    {
      schema: {
        tags,
        summary: "Send a request",
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
      if (batchId !== undefined || first === undefined)
        return reply.code(201).send({ id: batchId ?? "", requests: views });
      void reply.header("location", `${apiRoot}/requests/${first.id}`);
      return reply.code(201).send(first);
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
    (request) => listRequests(context, request.caller.person, request.query),
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
    (request) => viewOf(context, request.caller.person, request.params.id),
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
        response: { 200: streamed, 401: problemSchema, 404: problemSchema },
      },
    },
    async (request, reply): Promise<void> => {
      await sendEvents(context, request, reply, request.params.id);
    },
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
        response: { 201: decidedView, ...refusals, 404: problemSchema, 422: problemSchema },
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
      return reply.code(201).send({ ...view, receipt: { approval: approvalId, head } });
    },
  );

  const act = (
    path: string,
    summary: string,
    operationId: string,
    work: typeof withdraw,
    body: typeof someReason | typeof maybeReason | typeof someText = someReason,
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
        const { reason, text } = request.body as { reason?: string; text?: string };
        await once(context, request, reply, (writing) =>
          work(context, writing, person, id, reason ?? text ?? ""),
        );
        return reply.code(201).send(await viewOf(context, person, id));
      },
    );
  };
  act("withdrawal", "Withdraw a request", "withdrawRequest", withdraw, maybeReason);
  act("questions", "Ask the requester a question", "askQuestion", askQuestion, someText);
  act("answers", "Answer the open questions", "answerQuestions", answer, someText);
  act("retry", "Retry a failed request", "retryRequest", retry, maybeReason);
  act("break-glass", "Apply without a second person's approval", "breakGlass", breakGlass);
  act("break-glass/review", "Review a break-glass afterwards", "reviewBreakGlass", reviewBreakGlass);
}

/** A session lasts for hours; a decision needs a separate log-in, which the request's page starts. */
function logInForDecision(id: string): Problem {
  return new Problem(
    "staleLogIn",
    "On the page, each decision is a separate log-in: open `page` and decide there. For the API, send an access token.",
    { page: `/requests/${id}` },
  );
}
