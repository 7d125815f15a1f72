import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { roles } from "../../identity/person";
import { listCustomers, readCustomer } from "../../records/customers";
import type { App, WebContext } from "../app";
import { insistOnRole } from "../caller";
import { pageOf, pageQuery } from "../paging";
import { problemSchema } from "../problems";
import { customerView } from "../views";

const tags = ["customers"];
const refusals = { 401: problemSchema, 403: problemSchema };

/** The system of record. */
export function customerRoutes(app: App, context: WebContext): void {
  app.get(
    "/customers",
    {
      schema: {
        tags,
        summary: "List customers",
        operationId: "listCustomers",
        querystring: pageQuery.extend({ stage: z.enum(stages).optional() }),
        response: { 200: pageOf(customerView), 400: problemSchema, ...refusals },
      },
    },
    (request) => {
      insistOnRole(request.caller.person, ...roles);
      return listCustomers(context, request.caller.person, request.query);
    },
  );

  app.get(
    "/customers/:stage/:name",
    {
      schema: {
        tags,
        summary: "Read a customer",
        description: "The header `ETag` is what a request about the customer carries as `basedOn`.",
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
