import { Readable } from "node:stream";

import { z } from "zod";

import { exportEvents } from "../../audit/export";
import { searchEvents } from "../../audit/search";
import { verifyEvents } from "../../audit/verify";
import type { App, WebContext } from "../app";
import { insistOnRole } from "../caller";
import { pageOf, pageQuery } from "../paging";
import { problemSchema } from "../problems";
import { eventView } from "../views";

const tags = ["audit"];
const refusals = { 401: problemSchema, 403: problemSchema };
const time = z.iso.datetime({ offset: true }).or(z.iso.date());

/** The chain of events, for auditors and administrators. */
export function auditRoutes(app: App, context: WebContext): void {
  app.get(
    "/audit",
    {
      schema: {
        tags,
        summary: "Search events",
        operationId: "searchEvents",
        querystring: pageQuery.extend({
          actor: z.string().optional().describe("A person's id, or `sub`."),
          customer: z.string().optional(),
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
      return searchEvents(context, person, { ...rest, ...times }) as never;
    },
  );

  app.get(
    "/audit/export",
    {
      schema: {
        tags,
        summary: "Export all events",
        description: "JSON lines, in the journal's format: `tenants audit verify --file` checks them.",
        operationId: "exportEvents",
        produces: ["application/x-ndjson"],
        response: refusals,
      },
    },
    (request, reply) => {
      const { person } = request.caller;
      insistOnRole(person, "auditor", "administrator");
      return reply
        .type("application/x-ndjson")
        .send(Readable.from(exportEvents(context, person)) as never) as never;
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
