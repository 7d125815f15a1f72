import { Readable } from "node:stream";

import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { exportEvents } from "../../audit/export";
import { rolesHeld } from "../../audit/roles";
import { searchEvents } from "../../audit/search";
import { verifyEvents } from "../../audit/verify";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";
import { pageOf, pageQuery, streamed, uuid } from "../schemas";
import { eventView, rolesView } from "../views";
import type { App, WebContext } from "../web-context";

const tags = ["audit"];
const refusals = { 401: problemSchema, 403: problemSchema };
const whoever = z.string().optional();
const time = z.iso.datetime({ offset: true }).or(z.iso.date());

/** Registers the routes of the audit log, for auditors and administrators. */
export function auditRoutes(app: App, context: WebContext): void {
  app.get(
    "/audit",
    {
      schema: {
        tags,
        summary: "Search the service's events and those of the stacks' journals",
        operationId: "searchEvents",
        querystring: pageQuery.extend({
          actor: whoever.describe("The actor: a person's id, `sub`, name or address."),
          requester: whoever.describe("The requester of the request that the event belongs to."),
          approver: whoever.describe("An approver of that request."),
          stage: z.enum(stages).optional(),
          customer: z.string().optional(),
          tenantId: z.string().optional(),
          applicationId: z.string().optional(),
          clientId: z.string().optional(),
          requestId: uuid.optional(),
          kind: z.string().optional(),
          from: time.optional().describe("RFC 3339; inclusive."),
          to: time.optional().describe("RFC 3339; exclusive."),
        }),
        response: { 200: pageOf(eventView), 400: problemSchema, ...refusals },
      },
    },
    (request) => {
      const { person } = request.caller;
      insistOnRole(person, "auditor", "administrator");
      const { from, to, ...rest } = request.query;
      const times = {
        ...(from === undefined ? {} : { from: new Date(from) }),
        ...(to === undefined ? {} : { to: new Date(to) }),
      };
      return searchEvents(context, person, { ...rest, ...times });
    },
  );

  app.get(
    "/audit/export",
    {
      schema: {
        tags,
        summary: "Export all events",
        description:
          "JSON lines, in the journal's format, the service's events and those of the stacks' journals: `tenants audit verify --journal <file>` checks them.",
        operationId: "exportEvents",
        produces: ["application/x-ndjson"],
        response: { 200: streamed, ...refusals },
      },
    },
    async (request, reply) => {
      const { person } = request.caller;
      insistOnRole(person, "auditor", "administrator");
      return await reply.type("application/x-ndjson").send(Readable.from(exportEvents(context, person)));
    },
  );

  app.get(
    "/audit/roles",
    {
      schema: {
        tags,
        summary: "List who held which role, and when",
        operationId: "listRoles",
        querystring: z.object({
          at: time.optional().describe("Only roles held at this time. Default: all, in order."),
          person: whoever.describe("A person's id, `sub`, name or address. Default: everyone."),
        }),
        response: { 200: z.object({ items: z.array(rolesView) }), 400: problemSchema, ...refusals },
      },
    },
    async (request) => {
      const { person } = request.caller;
      const { at, person: asked } = request.query;
      return {
        items: await rolesHeld(context, person, {
          ...(at === undefined ? {} : { at: new Date(at) }),
          ...(asked === undefined ? {} : { person: asked }),
        }),
      };
    },
  );

  app.get(
    "/audit/verification",
    {
      schema: {
        tags,
        summary: "Verify the chain of events",
        operationId: "verifyEvents",
        response: {
          200: z.looseObject({ holds: z.boolean(), events: z.int(), head: z.unknown() }),
          ...refusals,
        },
      },
    },
    async (request) => {
      insistOnRole(request.caller.person, "auditor", "administrator");
      const { isWhole, ...rest } = await verifyEvents(context);
      return { holds: isWhole, ...rest };
    },
  );
}
