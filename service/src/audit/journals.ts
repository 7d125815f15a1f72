import { type EventEntry, hashOf, type Journal } from "pulumi-resistant-tenants/internal/journal";
import { operationsOf } from "resistant-tenants-operations/audit/operation";

import type { ServiceContext } from "../context";
import { write } from "../records/database";

/** Matches the request at the end of a change's reason: see `work/parts.ts`. */
const requestInReason = /\(request ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$/;

/** How many events are written at once. */
const rowsAtOnce = 500;

/** A stack whose journal is copied. */
export interface CopiedStack {
  /** The full name, as in the journal's events. */
  name: string;
  stack: string;
  /** The engine's id of its last update: if it is the same as before, there is nothing new. */
  lastUpdate: string | null;
}

/**
 * Copies new events from the journal of some stacks, word for word, with the fields for the search.
 *
 * @param stacks the journal is read once for all of them
 * @returns how many events were copied
 */
export async function copyJournal(
  context: Pick<ServiceContext, "database" | "now">,
  journal: Journal,
  stacks: readonly CopiedStack[],
): Promise<number> {
  const names = stacks.map(({ name }) => name);
  const known = await context.database
    .selectFrom("journal_events")
    .select(["stack", "id"])
    .where("stack", "in", names)
    .execute();
  const ids = new Map(names.map((name) => [name, new Set<string>()]));
  for (const { stack, id } of known) ids.get(stack)?.add(id);
  const fresh: EventEntry[] = [];
  for await (const entries of journal.stream())
    for (const entry of entries)
      if (entry.kind === "event" && ids.get(entry.event.stack)?.has(entry.event.id) === false)
        fresh.push(entry);
  await write(context, async (writing) => {
    for (let from = 0; from < fresh.length; from += rowsAtOnce)
      await writing
        .insertInto("journal_events")
        .values(fresh.slice(from, from + rowsAtOnce).map(toRow))
        .onConflict((conflict) => conflict.columns(["stack", "id"]).doNothing())
        .execute();
    const copied = { copied_at: context.now(), problem: null };
    await writing
      .insertInto("journal_copies")
      .values(stacks.map(({ stack, lastUpdate }) => ({ stack, last_update: lastUpdate, ...copied })))
      .onConflict((conflict) =>
        conflict
          .column("stack")
          .doUpdateSet((row) => ({ last_update: row.ref("excluded.last_update"), ...copied })),
      )
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
