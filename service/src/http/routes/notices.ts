import { z } from "zod";

import { listNotices } from "../../notices/list";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";
import { pageOf, pageQuery } from "../schemas";
import type { App, WebContext } from "../web-context";

const states = ["waiting", "sent", "superseded", "failed"] as const;
const channels = ["mail", "webhook"] as const;

const noticeView = z
  .object({
    id: z.string(),
    channel: z.enum(channels),
    topic: z.string(),
    state: z.enum(states).describe("`superseded`: no longer needed when it was due."),
    person: z.string().optional().describe("The id of the recipient."),
    webhook: z.string().optional(),
    request: z.string().optional(),
    attempts: z.number(),
    problem: z.string().optional().describe("Why the last attempt failed: a code."),
    createdAt: z.string(),
    nextAttemptAt: z.string().optional(),
    settledAt: z.string().optional(),
  })
  .describe("A mail or a webhook message.");

/** Registers the routes that list mails and webhook messages, and those that could not be delivered. */
export function noticeRoutes(app: App, context: WebContext): void {
  app.get(
    "/notices",
    {
      schema: {
        tags: ["notices"],
        summary: "List mails and webhook messages",
        description: "From the last 30 days, newest first, without addresses and texts.",
        operationId: "listNotices",
        querystring: pageQuery.extend({
          state: z.enum(states).optional(),
          channel: z.enum(channels).optional(),
        }),
        response: { 200: pageOf(noticeView), 400: problemSchema, 401: problemSchema, 403: problemSchema },
      },
    },
    (request) => {
      insistOnRole(request.caller.person, "administrator", "auditor");
      return listNotices(context, request.query) as never;
    },
  );
}
