import { randomUUID } from "node:crypto";

import { objectionToRights } from "../../../approval/rule";
import type { Person } from "../../../identity/person";
import { fieldsSchema } from "../../../page/fields";
import { type Draft, HomePage, WelcomePage } from "../../../page/home-page";
import { RequestTable } from "../../../page/parts";
import { kindWords } from "../../../page/words";
import { listDrafts } from "../../../records/drafts";
import { requestStates } from "../../../requests/request";
import { listRequests, type RequestView } from "../../../requests/view";
import { z } from "zod";
import type { App, WebContext } from "../../app";
import { personOfSession } from "../../caller";
import { personOrLogIn, sendPage } from "./answer";

const atOnce = 50;

/** The first page, and the list of requests. */
export function homeRoutes(app: App, context: WebContext): void {
  app.get("/", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOfSession(context, request);
    if (person === undefined)
      return sendPage(reply, { title: "Tenants for customers", person, content: <WelcomePage /> });
    const [waiting, latest, drafts] = await Promise.all([
      listRequests(context, person, { limit: atOnce, state: "waitingForApproval" }),
      listRequests(context, person, { limit: atOnce }),
      listDrafts(context.database, person),
    ]);
    const content = (
      <HomePage
        waiting={waiting.items.filter((one) => mayDecide(person, one))}
        own={latest.items.filter(({ requestedBy }) => requestedBy.id === person.id)}
        drafts={drafts.map(toDraft)}
        mayAsk={person.roles.includes("requester")}
        mayDecide={person.roles.includes("approver")}
        formKey={randomUUID()}
      />
    );
    return sendPage(reply, { title: "Tenants for customers", person, content });
  });

  const query = z.object({
    state: z.enum(requestStates).optional().catch(undefined),
    customer: z.string().max(61).optional(),
    after: z.string().optional(),
  });
  app.get("/requests", { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const person = await personOrLogIn(context, request, reply);
    if (person === undefined) return reply;
    const { customer, ...rest } = request.query;
    const filter = { ...rest, ...(customer === undefined || customer === "" ? {} : { customer }) };
    const { items, next } = await listRequests(context, person, { limit: atOnce, ...filter });
    const content = (
      <>
        <form method="get" role="search" class="search">
          <label>
            State
            <select name="state">
              <option value="">any</option>
              {requestStates.map((state) => (
                <option key={state} selected={state === rest.state}>
                  {state}
                </option>
              ))}
            </select>
          </label>
          <label>
            Customer
            <input name="customer" value={customer ?? ""} />
          </label>
          <button>Search</button>
        </form>
        <RequestTable requests={items} empty="There is no such request, or none that you may see." />
        {next !== undefined && (
          <p>
            <a href={`/requests?${new URLSearchParams({ ...toText(filter), after: next }).toString()}`}>
              Earlier requests
            </a>
          </p>
        )}
      </>
    );
    return sendPage(reply, { title: "Requests", person, content });
  });
}

function mayDecide(person: Person, { requestedBy, needs }: RequestView): boolean {
  // The person behind another account is compared where the decision is made.
  return requestedBy.id !== person.id && objectionToRights(person, needs) === undefined;
}

function toDraft({ id, fields, updatedAt }: Awaited<ReturnType<typeof listDrafts>>[number]): Draft {
  const { kind, name, stage } = fieldsSchema.parse(fields);
  return {
    id,
    title: `${kindWords[kind]}: ${name === "" ? "no name yet" : name} (${stage})`,
    at: updatedAt.toISOString(),
  };
}

function toText(filter: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
