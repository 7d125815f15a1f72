import type { ServiceContext } from "../context";
import { insistOnRole, type Person } from "../person";
import { write } from "../records/database";
import { type Page, pageOf } from "../records/paging";
import { append } from "./chain";
import { peopleOf } from "./people-of-requests";
import { type EventFilter, rankOf } from "./search/conditions";
import { journalEvents } from "./search/journal-events";
import { ownEvents } from "./search/own-events";
import { type EventView, type Row, viewOf } from "./search/view";

export { type EventFilter, type EventSource, eventSources } from "./search/conditions";
export type { EventView } from "./search/view";

/**
 * Searches the service's events and the worker's copies of the stacks' journals, the newest first.
 *
 * @throws {@link Problem} `forbidden` for callers who are neither auditor nor administrator
 */
export async function searchEvents(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  filter: EventFilter,
): Promise<Page<EventView>> {
  insistOnRole(caller, "auditor", "administrator");
  const { database } = context;
  const [own, journals] = await Promise.all([ownEvents(database, filter), journalEvents(database, filter)]);
  const rows = [...own, ...journals].sort(
    (one, other) =>
      other.at.getTime() - one.at.getTime() ||
      rankOf(one.source) - rankOf(other.source) ||
      Number(other.position) - Number(one.position),
  );
  const page = pageOf(rows, filter.limit, cursorOf);
  const people = await peopleOf(
    database,
    page.items.flatMap(({ requestId }) => requestId ?? []),
  );
  await recordSearch(context, caller, filter);
  return { ...page, items: page.items.map((row) => viewOf(row, people)) };
}

function cursorOf({ at, source, position }: Row): string {
  return `${at.toISOString()},${source},${position}`;
}

/** Records a search without its text, which may be a name or an address. */
async function recordSearch(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  filter: EventFilter,
): Promise<void> {
  const { stage, customer, tenantId, applicationId, clientId, requestId, kind, from, to } = filter;
  const { actor, requester, approver } = filter;
  const given = { actor, requester, approver };
  const data = {
    ...{ stage, customer, tenantId, applicationId, clientId, requestId, kind },
    from: from?.toISOString(),
    to: to?.toISOString(),
    ...Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value === undefined ? undefined : "given"]),
    ),
  };
  await write(context, (writing) =>
    append(context, writing, {
      kind: "auditRead",
      actorId: caller.id,
      data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)),
    }),
  );
}
