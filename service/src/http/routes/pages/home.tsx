import { randomUUID } from "node:crypto";

import { z } from "zod";

import { listRequests } from "../../../actions/view";
import { waitingFor } from "../../../actions/waiting";
import { fieldsSchema } from "../../../page/fields";
import { type Draft, HomePage, WelcomePage } from "../../../page/home-page";
import { RequestTable } from "../../../page/parts";
import type { Person } from "../../../person";
import { listDrafts } from "../../../records/drafts";
import { kindWords, requestStates, stateWords } from "../../../requests/request";
import { personOrLogIn, sendPage } from "../../answer";
import { personOfSession } from "../../caller";
import type { App, WebContext } from "../../web-context";

const atOnce = 50;

/** Registers the first page, and the list of requests. */
export function homeRoutes(app: App, context: WebContext): void {
  app.get("/", { schema: { hide: true } }, async (request, reply) => {
    const person = await personOfSession(context, request);
    if (person === undefined)
      return sendPage(reply, { title: "Tenants for customers", person, content: <WelcomePage /> });
    const [waiting, drafts] = await Promise.all([
      waitingFor(context, person),
      listDrafts(context.database, person),
    ]);
    const content = (
      <HomePage waiting={waiting} drafts={drafts.map(toDraft)} roles={person.roles} formKey={randomUUID()} />
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
                <option key={state} value={state} selected={state === rest.state}>
                  {stateWords[state]}
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
        <RequestTable requests={items} empty={emptyWords(filter, person)} />
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

/** Says what a list without requests means: nothing was found, or nothing is there yet. */
function emptyWords(filter: Readonly<Record<string, unknown>>, { roles }: Person): string {
  const isSearch = Object.values(filter).some((value) => value !== undefined);
  if (isSearch) return "There is no such request, or you may not see it.";
  return roles.includes("requester")
    ? "There are no requests yet that you may see. On the first page you can ask for a new customer."
    : "There are no requests yet that you may see.";
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
