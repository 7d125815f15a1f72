import type { ServiceContext } from "../context";
import { insistOnRole, type Person } from "../person";
import { write } from "../records/database";
import type { Reading } from "../records/schema";
import { append } from "./chain";

/** How many events are in memory at once. */
const eventsAtOnce = 1_000;

/** A stored event. */
export interface StoredEvent {
  sequence: string;
  request_id: string | null;
  kind: string;
  at: Date;
  actor_id: string | null;
  stage: string | null;
  customer: string | null;
  text: string;
  hash: string;
  previous: string;
}

/** Reads all events in the order of the chain, in batches. */
export async function* streamEvents(reading: Reading): AsyncIterable<StoredEvent[]> {
  let after = "0";
  for (;;) {
    const rows = await reading
      .selectFrom("events")
      .selectAll()
      .where("sequence", ">", after)
      .orderBy("sequence")
      .limit(eventsAtOnce)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.sequence;
  }
}

/** Reads the copies of the journals' events, stack by stack, each in the order of its chain. */
async function* streamJournals(reading: Reading): AsyncIterable<string[]> {
  let after = { stack: "", position: "0" };
  for (;;) {
    const rows = await reading
      .selectFrom("journal_events")
      .select(["stack", "position", "text"])
      .where((where) =>
        where(where.refTuple("stack", "position"), ">", where.tuple(after.stack, after.position)),
      )
      .orderBy("stack")
      .orderBy("position")
      .limit(eventsAtOnce)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ text }) => text);
    after = last;
  }
}

/**
 * Returns all events as lines in the journal's format, the service's first and then those of the stacks'
 * journals: `tenants audit verify --journal <file>` verifies each chain. The export itself is the service's
 * last event.
 *
 * @throws `Problem` `forbidden` for callers who are neither auditor nor administrator
 */
export async function* exportEvents(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
): AsyncIterable<string> {
  insistOnRole(caller, "auditor", "administrator");
  await write(context, async (writing) => {
    await append(context, writing, { kind: "exported", actorId: caller.id });
  });
  for await (const rows of streamEvents(context.database)) for (const { text } of rows) yield `${text}\n`;
  for await (const texts of streamJournals(context.database)) for (const text of texts) yield `${text}\n`;
}
