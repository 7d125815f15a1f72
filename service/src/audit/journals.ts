import { type EventEntry, hashOf, type Journal } from "pulumi-resistant-tenants/internal/journal";
import { operationsOf } from "resistant-tenants-operations/audit/operation";

import type { ServiceContext } from "../context";
import { write } from "../records/database";

/** Matches the request at the end of a change's reason: see `work/parts.ts`. */
const requestInReason = /\(request ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$/;

/** How many events are written at once. */
const rowsAtOnce = 500;

/**
 * Copies new events from the journal of a stack, word for word, with the fields for the search.
 *
 * @param stack the full name, as in the journal's events
 * @param lastUpdate the engine's id of the stack's last update: if it is the same as before, there is nothing
 * new
 * @returns how many events were copied
 */
export async function copyJournal(
  context: Pick<ServiceContext, "database" | "now">,
  journal: Journal,
  { name, stack, lastUpdate }: { name: string; stack: string; lastUpdate: string | null },
): Promise<number> {
  const known = await context.database
    .selectFrom("journal_events")
    .select("id")
    .where("stack", "=", name)
    .execute();
  const ids = new Set(known.map(({ id }) => id));
  const fresh: EventEntry[] = [];
  for await (const entries of journal.stream())
    for (const entry of entries)
      if (entry.kind === "event" && entry.event.stack === name && !ids.has(entry.event.id)) fresh.push(entry);
  await write(context, async (writing) => {
    for (let from = 0; from < fresh.length; from += rowsAtOnce)
      await writing
        .insertInto("journal_events")
        .values(fresh.slice(from, from + rowsAtOnce).map(toRow))
        .onConflict((conflict) => conflict.columns(["stack", "id"]).doNothing())
        .execute();
    const copied = { last_update: lastUpdate, copied_at: context.now(), problem: null };
    await writing
      .insertInto("journal_copies")
      .values({ stack, ...copied })
      .onConflict((conflict) => conflict.column("stack").doUpdateSet(copied))
      .execute();
  });
  return fresh.length;
}

function toRow({ event, text }: EventEntry) {
  const [operation] = operationsOf([event]);
  return {
    stack: event.stack,
    id: event.id,
    sequence: event.sequence === undefined ? null : String(event.sequence),
    kind: `journal.${event.event}`,
    at: event.at,
    stage: event.stage,
    customer: operation?.customer ?? null,
    actor: event.actor,
    request_id: requestInReason.exec(event.reason ?? "")?.[1] ?? null,
    tenant_id: operation?.tenantId ?? null,
    application_id: operation?.applicationId ?? null,
    client_id: operation?.clientId ?? null,
    text,
    hash: hashOf(text),
  };
}
