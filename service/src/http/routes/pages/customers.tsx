import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { CustomerList, CustomerPage } from "../../../page/customer-pages";
import { type CustomerView, listCustomers, readCustomer } from "../../../records/customers";
import { listRequests } from "../../../requests/view";
import type { App, WebContext } from "../../app";
import { personOrLogIn, sendPage } from "./answer";

const atOnce = 500;

/** The customers on record. */
export function customerPages(app: App, context: WebContext): void {
  const query = z.object({ q: z.string().trim().max(256).default("") });
  app.get("/customers", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { items } = await listCustomers(context, person, { limit: atOnce });
    const { q } = request.query;
    const content = <CustomerList customers={items.filter((customer) => matches(customer, q))} query={q} />;
    return sendPage(reply, { title: "Customers", person, content });
  });

  const place = z.object({ stage: z.enum(stages), name: z.string().max(61) });
  app.get("/customers/:stage/:name", { schema: { hide: true, params: place } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { stage, name } = request.params;
    const customer = await readCustomer(context, person, stage, name);
    const { items } = await listRequests(context, person, { limit: 20, stage, customer: name });
    const content = <CustomerPage customer={customer} requests={items} />;
    return sendPage(reply, { title: name, person, content });
  });
}

/** One search over all that a person may have at hand: a name, an identifier, an id, an ARN. */
function matches(customer: CustomerView, q: string): boolean {
  return q === "" || JSON.stringify(customer).toLowerCase().includes(q.toLowerCase());
}
