import { randomUUID } from "node:crypto";

import { z } from "zod";

import { rolesHeld } from "../../../audit/roles";
import { type EventView, searchEvents } from "../../../audit/search";
import { verifyEvents } from "../../../audit/verify";
import { auditFields, AuditPage, type AuditRow, VerificationPage } from "../../../page/audit-page";
import { RolesPage } from "../../../page/roles-page";
import { personOrLogIn, sendPage } from "../../answer";
import { insistOnRole } from "../../caller";
import { uuid } from "../../schemas";
import type { App, WebContext } from "../../web-context";

const text = z.string().trim().max(256).default("");
const texts = Object.fromEntries(auditFields.map((name) => [name, text])) as Record<
  (typeof auditFields)[number],
  typeof text
>;
const query = z.object({ ...texts, from: text, to: text, after: z.string().optional() });

/** Registers the pages of the audit log, for auditors and administrators. */
export function auditPages(app: App, context: WebContext): void {
  app.get("/audit", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { after, ...asked } = request.query;
    const given = Object.fromEntries(
      auditFields.flatMap((name) => (asked[name] === "" ? [] : [[name, asked[name]]])),
    );
    // A text that is no id matches nothing.
    const requestId =
      asked.requestId === "" ? undefined : (uuid.safeParse(asked.requestId).data ?? randomUUID());
    const { items, next } = await searchEvents(context, person, {
      limit: 100,
      ...(after === undefined ? {} : { after }),
      ...given,
      ...(requestId === undefined ? {} : { requestId }),
      ...dateOf("from", asked.from),
      ...dateOf("to", asked.to),
    });
    const rows = items.map(toAuditRow);
    return sendPage(reply, {
      title: "Audit log",
      person,
      content: <AuditPage rows={rows} query={asked} next={next} />,
    });
  });

  const whose = z.object({ person: text, at: text });
  app.get("/audit/roles", { schema: { hide: true, querystring: whose } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { person: asked, at } = request.query;
    const { from } = dateOf("from", at);
    const held = await rolesHeld(context, person, {
      ...(from === undefined ? {} : { at: from }),
      ...(asked === "" ? {} : { person: asked }),
    });
    const content = <RolesPage held={held} person={asked} at={at} />;
    return sendPage(reply, { title: "Who held which role", person, content });
  });

  app.get("/audit/verification", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    insistOnRole(person, "auditor", "administrator");
    const content = <VerificationPage {...await verifyEvents(context)} />;
    return sendPage(reply, { title: "Is the audit log whole?", person, content });
  });
}

/** Converts an event for the audit log's table. */
export function toAuditRow(event: EventView): AuditRow {
  return {
    sequence: event.sequence,
    kind: event.kind,
    at: event.at,
    actor: event.actor?.name ?? event.actor?.id,
    stage: event.stage ?? undefined,
    customer: event.customer ?? undefined,
    requestId: event.requestId ?? undefined,
    data: z.record(z.string(), z.unknown()).catch({}).parse(event.data),
  };
}

function dateOf(name: "from" | "to", day: string): { from?: Date; to?: Date } {
  const date = new Date(day);
  return day === "" || Number.isNaN(date.getTime()) ? {} : { [name]: date };
}
