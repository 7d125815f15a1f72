import { z } from "zod";

import { searchEvents } from "../../../audit/search";
import { AuditPage } from "../../../page/audit-page";
import type { App, WebContext } from "../../app";
import { personOrLogIn, sendPage } from "./answer";

const text = z.string().trim().max(256).default("");
const query = z.object({ actor: text, customer: text, from: text, to: text, after: z.string().optional() });

/** The audit log, for auditors and administrators. */
export function auditPages(app: App, context: WebContext): void {
  app.get("/audit", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { after, ...asked } = request.query;
    const { actor, customer } = asked;
    const { items, next } = await searchEvents(context, person, {
      limit: 100,
      ...(after === undefined ? {} : { after }),
      ...(actor === "" ? {} : { actor }),
      ...(customer === "" ? {} : { customer }),
      ...dateOf("from", asked.from),
      ...dateOf("to", asked.to),
    });
    const rows = items.map((event) => ({
      sequence: event.sequence,
      kind: event.kind,
      at: event.at,
      actor: event.actor?.name ?? event.actor?.id,
      stage: event.stage ?? undefined,
      customer: event.customer ?? undefined,
      requestId: event.requestId ?? undefined,
      data: z.record(z.string(), z.unknown()).catch({}).parse(event.data),
    }));
    return sendPage(reply, {
      title: "Audit log",
      person,
      content: <AuditPage rows={rows} query={asked} next={next} />,
    });
  });
}

function dateOf(name: "from" | "to", day: string): { from?: Date; to?: Date } {
  const date = new Date(day);
  return day === "" || Number.isNaN(date.getTime()) ? {} : { [name]: date };
}
