import { z } from "zod";

import { listRequests } from "../../../actions/view";
import { searchEvents } from "../../../audit/search";
import { listCustomers } from "../../../customers/customers";
import type { AuditRow } from "../../../page/audit-page";
import { mostCustomers } from "../../../page/fields";
import { SearchPage } from "../../../page/search-page";
import type { Person } from "../../../person";
import { personOrLogIn, sendPage } from "../../answer";
import type { App, WebContext } from "../../web-context";
import { toAuditRow } from "./audit";

const atOnce = 50;

/** Registers one search over customers, requests and the audit log. */
export function searchPages(app: App, context: WebContext): void {
  const query = z.object({ q: z.string().trim().max(256).default("") });
  app.get("/search", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { q } = request.query;
    const found =
      q === "" ? { customers: [], requests: [], events: undefined } : await find(context, person, q);
    return sendPage(reply, { title: "Search", person, content: <SearchPage query={q} {...found} /> });
  });
}

async function find(context: WebContext, person: Person, q: string) {
  const hasRole = person.roles.length > 0;
  const mayAudit = person.roles.some((role) => role === "auditor" || role === "administrator");
  const [customers, requests, events] = await Promise.all([
    hasRole ? listCustomers(context, person, { limit: mostCustomers }) : { items: [] },
    listRequests(context, person, {
      limit: atOnce,
      only: ({ id, asked, reason, kind }) => matches({ id, asked, reason, kind }, q),
    }),
    mayAudit ? latestEvents(context, person, q) : undefined,
  ]);
  return { customers: customers.items.filter((one) => matches(one, q)), requests: requests.items, events };
}

async function latestEvents(context: WebContext, person: Person, q: string): Promise<AuditRow[]> {
  const found = [
    ...(await searchEvents(context, person, { limit: atOnce, customer: q.toLowerCase() })).items,
    ...(await searchEvents(context, person, { limit: atOnce, actor: q })).items,
  ];
  return [...new Map(found.map((event) => [event.hash, event])).values()]
    .sort((one, other) => other.at.localeCompare(one.at))
    .slice(0, atOnce)
    .map(toAuditRow);
}

/** Returns whether a value contains a text anywhere: a name, an identifier, an id, an ARN. */
export function matches(value: unknown, q: string): boolean {
  return (
    q === "" || JSON.stringify(value).toLowerCase().includes(JSON.stringify(q.toLowerCase()).slice(1, -1))
  );
}
