import {
  type Defect,
  type Entry,
  genesis,
  type Head,
  readEntry,
  type ServiceEvent,
  Verifier,
} from "pulumi-resistant-tenants/internal/journal";

import type { ServiceContext } from "../context";
import { chainName } from "./chain";
import { type StoredEvent, streamEvents } from "./export";

/** The result of verifying the chain of events. */
export interface EventsVerified {
  isWhole: boolean;
  events: number;
  /** Its end, to be compared with ends noted elsewhere. */
  head: Head;
  defects: Defect[];
}

const mostDefects = 100;

/**
 * Verifies the chain of events: each text against the hash in the next event, as the journal's own
 * verification does; the columns against the text; and the heads in approvals against the chain.
 *
 * @param expected - Heads that were noted elsewhere: with them, a missing end is found, too.
 */
export async function verifyEvents(
  { database }: Pick<ServiceContext, "database">,
  expected: readonly string[] = [],
): Promise<EventsVerified> {
  const verifier = new Verifier();
  const seen = new Set<string>();
  for await (const rows of streamEvents(database)) {
    verifier.take(rows.map(toEntry));
    verifier.add(...rows.flatMap(disagreement));
    for (const { hash } of rows) seen.add(hash);
  }
  const shown = await database.selectFrom("approvals").select("head").distinct().execute();
  const noted = [...shown.map(({ head }) => head), ...expected].filter((hash) => hash !== genesis.hash);
  verifier.expect(
    [...new Set(noted)].filter((hash) => !seen.has(hash)),
    "events",
  );
  const { defects, chains } = verifier.finish();
  const { sequence, hash } = verifier.headOf(chainName);
  return {
    isWhole: defects.length === 0,
    events: chains.reduce((sum, { events }) => sum + events, 0),
    head: { hash, sequence },
    defects: defects.slice(0, mostDefects),
  };
}

function toEntry({ sequence, text }: StoredEvent): Entry {
  return readEntry(text, whereOf(sequence));
}

function whereOf(sequence: string): string {
  return `events:${sequence}`;
}

/** The columns for the search must agree with the text. */
function disagreement(row: StoredEvent): Defect[] {
  const entry = toEntry(row);
  if (entry.kind !== "service") return [];
  const said = columnsOf(entry.event);
  const wrong = Object.entries(said).filter(([column, value]) => stored(row, column) !== value);
  if (wrong.length === 0) return [];
  const columns = wrong.map(([column]) => column).join(", ");
  return [{ kind: "changed", where: entry.where, problem: `its columns differ from its text: ${columns}` }];
}

function columnsOf(event: ServiceEvent): Record<string, string | null> {
  return {
    sequence: String(event.sequence),
    request_id: event.request ?? null,
    kind: event.kind,
    at: event.at,
    actor_id: event.actor ?? null,
    stage: event.stage ?? null,
    customer: event.customer ?? null,
    previous: event.previous,
  };
}

function stored(row: StoredEvent, column: string): unknown {
  const value = row[column as keyof StoredEvent];
  return value instanceof Date ? value.toISOString() : value;
}
