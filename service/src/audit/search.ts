import type { ServiceContext } from "../context";
import type { Person } from "../identity/person";
import { Problem } from "../problem";
import { write } from "../records/database";
import { type Page, pageOf, type Paging } from "../records/paging";
import { insistOnRole } from "../requests/access";
import { append } from "./chain";

/** Which events are asked for; all of it must hold. */
export interface EventFilter extends Paging {
  /** The id, subject or name of a person. */
  actor?: string | undefined;
  customer?: string | undefined;
  requestId?: string | undefined;
  kind?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** An event, as the API shows it. */
export interface EventView {
  sequence: number;
  at: string;
  kind: string;
  /** Absent where the service did it by itself; without a name, where it was forgotten. */
  actor?: { id: string; name?: string };
  stage?: string;
  customer?: string;
  requestId?: string;
  data: unknown;
  hash: string;
}

/**
 * Searches the service's events, the newest first. What the journals of the stacks have is not among them: an apply's
 * progress and its result are.
 *
 * @throws {@link Problem} `forbidden` for whoever is neither auditor nor administrator
 */
export async function searchEvents(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  filter: EventFilter,
): Promise<Page<EventView>> {
  insistOnRole(caller, "auditor", "administrator");
  const { actor, customer, requestId, kind, from, to, limit, after } = filter;
  let query = context.database
    .selectFrom("events")
    .leftJoin("people", "people.id", "events.actor_id")
    .selectAll("events")
    .select("people.name as actor_name");
  if (actor !== undefined)
    query = query.where((where) =>
      where.or(
        (["id", "subject", "name", "email", "person"] as const).map((column) =>
          column === "id"
            ? where(where.cast<string>("people.id", "text"), "=", actor)
            : where(`people.${column}`, "=", actor),
        ),
      ),
    );
  if (customer !== undefined) query = query.where("customer", "=", customer);
  if (requestId !== undefined) query = query.where("request_id", "=", requestId);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  if (from !== undefined) query = query.where("at", ">=", from);
  if (to !== undefined) query = query.where("at", "<=", to);
  if (after !== undefined) query = query.where("sequence", "<", sequenceOf(after));
  const rows = await query
    .orderBy("sequence", "desc")
    .limit(limit + 1)
    .execute();
  const page = pageOf(rows, limit, ({ sequence }) => sequence);
  await write(context, async (writing) => {
    const asked = { actor, customer, requestId, kind, from: from?.toISOString(), to: to?.toISOString() };
    const data = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    // A name or an address may be what was looked for: it is no part of an event.
    await append(context, writing, {
      kind: "auditRead",
      actorId: caller.id,
      data: { ...data, ...(actor === undefined ? {} : { actor: "given" }) },
    });
  });
  return {
    ...page,
    items: page.items.map((row) => ({
      sequence: Number(row.sequence),
      at: row.at.toISOString(),
      kind: row.kind,
      ...(row.actor_id === null
        ? {}
        : { actor: { id: row.actor_id, ...(row.actor_name === null ? {} : { name: row.actor_name }) } }),
      ...(row.stage === null ? {} : { stage: row.stage }),
      ...(row.customer === null ? {} : { customer: row.customer }),
      ...(row.request_id === null ? {} : { requestId: row.request_id }),
      data: (JSON.parse(row.text) as { data: unknown }).data,
      hash: row.hash,
    })),
  };
}

function sequenceOf(after: string): string {
  if (!/^\d{1,18}$/.test(after)) throw new Problem("invalid", "after: give the `next` of the page before.");
  return after;
}
