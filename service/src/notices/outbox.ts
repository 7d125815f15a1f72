import { randomUUID } from "node:crypto";

import type { Selectable } from "kysely";

import type { ServiceContext } from "../context";
import type { NoticesTable, Reading, Writing } from "../records/schema";

/**
 * The outbox: a notice is written in its cause's transaction, so that none is lost and none is about
 * something that did not happen. The worker sends it, and marks it as sent.
 */

/** A notice in the outbox, as the database returns it. */
export type Notice = Selectable<NoticesTable>;
/** How a notice is sent. */
export type Channel = "mail" | "webhook";

/** How a notice ended. */
export type End = "sent" | "superseded" | "failed";

/** The result of an attempt to send something. */
export type Outcome =
  | { how: "sent" }
  /** The receiver will never accept it. */
  | { how: "refused"; problem: string }
  /** A later attempt may succeed. */
  | {
      how: "later";
      problem: string;
      isDown: boolean;
      /** How long the receiver asks to be left alone, in milliseconds. */
      afterMs?: number;
    };

/** A notice to send. */
export interface NewNotice {
  channel: Channel;
  topic: string;
  /** Identifies its cause and recipient: a second notice with the same key is ignored. */
  key: string;
  personId?: string;
  endpoint?: string;
  requestId?: string | undefined;
  /** No credential. */
  body: string;
}

/** Adds notices to the outbox; existing ones stay as they are. */
export async function putNotices(
  { now, seals }: Pick<ServiceContext, "now" | "seals">,
  writing: Writing,
  notices: readonly NewNotice[],
): Promise<void> {
  if (notices.length === 0) return;
  const at = now();
  const rows = notices.map(({ channel, topic, key: about, personId, endpoint, requestId, body }) => {
    const key = `${channel} ${about} ${personId ?? endpoint ?? ""}`;
    return {
      id: randomUUID(),
      channel,
      topic,
      key,
      person_id: personId ?? null,
      endpoint: endpoint ?? null,
      request_id: requestId ?? null,
      body,
      seal: (endpoint === undefined ? undefined : seals?.seal({ endpoint, key, body })) ?? null,
      due_at: at,
      created_at: at,
      settled_at: null,
      problem: null,
    };
  });
  await writing
    .insertInto("notices")
    .values(rows)
    .onConflict((conflict) => conflict.column("key").doNothing())
    .execute();
}

/**
 * How long a notice belongs to one worker, in milliseconds: longer than an attempt may take. After that
 * another worker takes over from a killed one.
 */
export const claimMs = 5 * 60_000;

/**
 * Claims the notice that is due first, for one attempt to send it; undefined if none is due.
 *
 * @param except - Webhooks to leave alone.
 */
export async function claimNotice(
  { database, now }: Pick<ServiceContext, "database" | "now">,
  channel: Channel,
  except: readonly string[] = [],
): Promise<Notice | undefined> {
  return await database
    .updateTable("notices")
    .set((set) => ({
      attempts: set("attempts", "+", 1),
      due_at: new Date(now().getTime() + claimMs),
    }))
    .where("id", "=", (query) =>
      query
        .selectFrom("notices")
        .select("id")
        .where("channel", "=", channel)
        .where("state", "=", "waiting")
        .where("due_at", "<=", now())
        .$if(except.length > 0, (due) => due.where("endpoint", "not in", except))
        .orderBy("due_at")
        .orderBy("id")
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Ends a notice. */
export async function settleNotice(
  { now }: Pick<ServiceContext, "now">,
  reading: Reading,
  { id }: Notice,
  state: End,
  problem?: string,
): Promise<void> {
  await reading
    .updateTable("notices")
    .set({ state, settled_at: now(), problem: problem ?? null })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

/** Postpones a notice. */
export async function postponeNotice(
  { database, now }: Pick<ServiceContext, "database" | "now">,
  { id }: Notice,
  milliseconds: number,
  problem: string,
): Promise<void> {
  await database
    .updateTable("notices")
    .set({ due_at: new Date(now().getTime() + milliseconds), problem })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .execute();
}

/** How long an ended notice is stored, in days. */
const keptDays = 30;

/** Deletes old notices. */
export async function deleteOldNotices({
  database,
  now,
}: Pick<ServiceContext, "database" | "now">): Promise<void> {
  const since = new Date(now().getTime() - keptDays * 24 * 3_600_000);
  await database.deleteFrom("notices").where("settled_at", "<", since).execute();
}

/** Counts the notices by channel and state. */
export async function countNotices(
  reading: Reading,
): Promise<{ channel: string; state: string; count: number }[]> {
  const rows = await reading
    .selectFrom("notices")
    .select(["channel", "state", ({ fn }) => fn.countAll().as("count")])
    .groupBy(["channel", "state"])
    .execute();
  return rows.map(({ channel, state, count }) => ({ channel, state, count: Number(count) }));
}
