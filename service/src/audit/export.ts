import type { Reading, ServiceContext } from "../context";
import type { Person } from "../identity/person";
import { write } from "../records/database";
import { insistOnRole } from "../requests/access";
import { append } from "./chain";

/** How many events are in memory at once. */
const eventsAtOnce = 1_000;

/** An event as the database has it. */
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

/** Reads all events in the order of the chain, some at a time. */
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

/**
 * Gives all events as lines in the journal's format: `tenants audit verify --journal <file>` checks them. The export
 * itself is the last of them.
 *
 * @throws `Problem` `forbidden` for whoever is neither auditor nor administrator
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
}
