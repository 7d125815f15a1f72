import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { listRequests } from "../../../actions/view";
import { listCustomers, readCustomer } from "../../../customers/customers";
import { CustomerList, CustomerPage } from "../../../page/customer-pages";
import { mostCustomers } from "../../../page/fields";
import { personOrLogIn, sendPage } from "../../answer";
import type { App, WebContext } from "../../web-context";
import { matches } from "./search";

/** The most customers on one page; a search covers all. */
const atOnce = 200;

/** Registers the pages of the customers on record. */
export function customerPages(app: App, context: WebContext): void {
  const query = z.object({ q: z.string().trim().max(256).default("") });
  app.get("/customers", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { items } = await listCustomers(context, person, { limit: mostCustomers });
    const { q } = request.query;
    const mayAsk = person.roles.includes("requester");
    const found = items.filter((customer) => matches(customer, q));
    const living = items.filter(({ status }) => status === "active" || status === "deprecated");
    const upgradable = [...new Set(living.map(({ stage }) => stage))];
    const content = (
      <CustomerList
        customers={found.slice(0, atOnce)}
        more={found.length - atOnce}
        query={q}
        mayAsk={mayAsk}
        upgradable={upgradable}
      />
    );
    return sendPage(reply, { title: "Customers", person, content });
  });

  const place = z.object({ stage: z.enum(stages), name: z.string().max(61) });
  app.get("/customers/:stage/:name", { schema: { hide: true, params: place } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { stage, name } = request.params;
    const customer = await readCustomer(context, person, stage, name);
    const { items } = await listRequests(context, person, { limit: 20, stage, customer: name });
    const mayAsk = person.roles.includes("requester");
    const content = <CustomerPage customer={customer} requests={items} mayAsk={mayAsk} />;
    return sendPage(reply, { title: name, person, content });
  });
}
