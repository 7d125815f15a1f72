import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { listCustomers, readCustomer } from "../../customers/customers";
import { roles } from "../../person";
import { insistOnRole } from "../caller";
import { problemSchema } from "../problems";
import { pageOf, pageQuery } from "../schemas";
import { customerView } from "../views";
import type { App, WebContext } from "../web-context";

const tags = ["customers"];
const refusals = { 401: problemSchema, 403: problemSchema };

/** Registers the routes of the system of record. */
export function customerRoutes(app: App, context: WebContext): void {
  app.get(
    "/customers",
    {
      schema: {
        tags,
        summary: "List customers",
        description:
          "An upgrade of every customer of a stage carries as `basedOn` the header `ETag` of the list of that stage.",
        operationId: "listCustomers",
        querystring: pageQuery.extend({ stage: z.enum(stages).optional() }),
        response: { 200: pageOf(customerView), 400: problemSchema, ...refusals },
      },
    },
    async (request, reply) => {
      insistOnRole(request.caller.person, ...roles);
      const { etag, ...page } = await listCustomers(context, request.caller.person, request.query);
      return reply.header("etag", `"${etag}"`).send(page);
    },
  );

  app.get(
    "/customers/:stage/:name",
    {
      schema: {
        tags,
        summary: "Read a customer",
        description: "A request about the customer carries the header `ETag` as `basedOn`.",
        operationId: "readCustomer",
        params: z.object({ stage: z.enum(stages), name: z.string().min(1).max(61) }),
        response: { 200: customerView, ...refusals, 404: problemSchema },
      },
    },
    async (request, reply) => {
      insistOnRole(request.caller.person, ...roles);
      const { stage, name } = request.params;
      const customer = await readCustomer(context, request.caller.person, stage, name);
      return reply.header("etag", `"${customer.etag}"`).send(customer);
    },
  );
}
