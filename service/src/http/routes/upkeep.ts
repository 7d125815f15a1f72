import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { rotationsDue } from "../../customers/rotations";
import { sprawl } from "../../customers/sprawl";
import { roles } from "../../person";
import { newRequestSchema } from "../../requests/request";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";
import type { App, WebContext } from "../web-context";

const tags = ["upkeep"];
const refusals = { 401: problemSchema, 403: problemSchema };
const time = z.iso.datetime();

const finding = z
  .object({
    kind: z.enum(["pastEnd", "deprecated", "unknownTenant", "unapplied"]),
    stage: z.enum(stages),
    customer: z.string(),
    tenantId: z.string().optional(),
    since: time,
    sentence: z.string(),
    request: newRequestSchema.describe("The body of the `POST /requests` that ends it."),
  })
  .describe("A tenant that may no longer be needed.");

const rotation = z
  .object({
    stage: z.enum(stages),
    customer: z.string(),
    cell: z.string(),
    purpose: z.string(),
    applicationId: z.string(),
    clientId: z.string(),
    what: z.enum(["rotation", "retirement"]),
    why: z.string(),
    createdAt: z.string(),
    rotatedAt: z.string().optional(),
    dueAt: time,
    due: z.boolean(),
    overdue: z.boolean(),
    problem: z.string().optional(),
    requestId: z
      .string()
      .optional()
      .describe("The request that it became, because more than a rotation would change."),
  })
  .describe("What is due next for an application's credentials.");

/** Registers the routes of sprawl and rotations, which all roles may read, like the record. */
export function upkeepRoutes(app: App, context: WebContext): void {
  app.get(
    "/sprawl",
    {
      schema: {
        tags,
        summary: "List what may no longer be needed",
        description:
          "Testing customers past their end date, customers deprecated more than 90 days ago, the vendor's tenants without a record, and what a failed first request left behind.",
        operationId: "listSprawl",
        response: { 200: z.object({ items: z.array(finding) }), ...refusals },
      },
    },
    async (request) => {
      insistOnRole(request.caller.person, ...roles);
      return { items: await sprawl(context) };
    },
  );

  app.get(
    "/rotations",
    {
      schema: {
        tags,
        summary: "List rotations of credentials by date",
        operationId: "listRotations",
        querystring: z.object({
          due: z.stringbool().optional().describe("Only due ones, or only others."),
        }),
        response: { 200: z.object({ items: z.array(rotation) }), 400: problemSchema, ...refusals },
      },
    },
    async (request) => {
      insistOnRole(request.caller.person, ...roles);
      const { due } = request.query;
      const all = await rotationsDue(context);
      return { items: due === undefined ? all : all.filter((one) => one.due === due) };
    },
  );
}
