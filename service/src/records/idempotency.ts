import { sql } from "kysely";

import { append } from "../audit/chain";
import type { ServiceContext, Writing } from "../context";
import type { Person } from "../identity/person";
import { Problem } from "../problem";
import { digestOf } from "./canonical";
import { write } from "./database";

/** How long a key is kept, in days. */
const keptDays = 30;
const dayMs = 24 * 3_600_000;
const longestKey = 255;

/** A call that may come again. */
export interface RepeatableCall {
  caller: Person;
  /** The method and the concrete path: the same key means something else elsewhere. */
  route: string;
  /** The header `Idempotency-Key`. */
  key: string | undefined;
  /** What was sent; its hash is kept. */
  body: unknown;
}

/** What a call came to. */
export interface Answered<T> {
  answer: T;
  /** Whether it was done before, and this answers with what came of it. */
  isReplayed: boolean;
}

/**
 * Does something once, however often its caller asks: the key, and what is done, are one transaction. So a process that is
 * killed on the way has done neither, and one that was killed before it could answer has done both.
 *
 * @param work - Does it, and gives what is kept as its answer: ids, and nothing that could change.
 * @throws {@link Problem} `keyMissing`, `keyReused` where the key came with another body, `keyInFlight`. What `work`
 *   throws keeps no key; a refusal of access is recorded.
 */
export async function idempotently<T extends object>(
  context: Pick<ServiceContext, "database" | "now">,
  call: RepeatableCall,
  work: (writing: Writing) => Promise<T>,
): Promise<Answered<T>> {
  const key = keyOf(call);
  try {
    return await write(context, async (writing) => await once(context, writing, { ...call, key }, work));
  } catch (error) {
    if (error instanceof Problem && error.status === 403) await recordRefusal(context, call, error);
    throw error;
  }
}

function keyOf({ key }: RepeatableCall): string {
  if (key === undefined || key.trim() === "")
    throw new Problem(
      "keyMissing",
      "Send an Idempotency-Key: a random text for each thing that is to be done once.",
    );
  if (key.length > longestKey)
    throw new Problem(
      "keyMissing",
      `The Idempotency-Key has more than ${longestKey} characters: send a shorter one.`,
    );
  return key;
}

async function once<T extends object>(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  { caller, route, key, body }: RepeatableCall & { key: string },
  work: (writing: Writing) => Promise<T>,
): Promise<Answered<T>> {
  await insistOnOneAtATime(writing, [caller.id, route, key]);
  const hash = digestOf(body);
  const since = new Date(now().getTime() - keptDays * dayMs);
  const mine = writing.selectFrom("idempotency_keys").where("caller", "=", caller.id);
  const found = await mine
    .select(["body_hash", "answer"])
    .where("route", "=", route)
    .where("key", "=", key)
    .where("created_at", ">", since)
    .executeTakeFirst();
  if (found !== undefined) {
    if (found.body_hash !== hash)
      throw new Problem(
        "keyReused",
        "This Idempotency-Key came with another body before: send a new key for something new.",
      );
    return { answer: found.answer as T, isReplayed: true };
  }
  await writing
    .deleteFrom("idempotency_keys")
    .where("caller", "=", caller.id)
    .where("created_at", "<=", since)
    .execute();
  const answer = await work(writing);
  await writing
    .insertInto("idempotency_keys")
    .values({
      caller: caller.id,
      route,
      key,
      body_hash: hash,
      answer: JSON.stringify(answer),
      created_at: now(),
    })
    .execute();
  return { answer, isReplayed: false };
}

/** The lock ends with the transaction, and with the process. */
async function insistOnOneAtATime(writing: Writing, scope: readonly string[]): Promise<void> {
  const name = JSON.stringify(scope);
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as locked`.execute(writing);
  if (rows[0]?.locked !== true)
    throw new Problem("keyInFlight", "The same request is being worked on: ask again in a moment.");
}

/** Deletes the keys that nobody needs to repeat any more. */
export async function deleteOldKeys({
  database,
  now,
}: Pick<ServiceContext, "database" | "now">): Promise<void> {
  const since = new Date(now().getTime() - keptDays * dayMs);
  await database.deleteFrom("idempotency_keys").where("created_at", "<=", since).execute();
}

/** What was refused is on record, though the transaction that it was refused in is not. */
async function recordRefusal(
  context: Pick<ServiceContext, "database" | "now">,
  { caller, route }: RepeatableCall,
  { code, more }: Problem,
): Promise<void> {
  const requestId = more["requestId"];
  await write(context, async (writing) => {
    await append(context, writing, {
      kind: "accessRefused",
      actorId: caller.id,
      ...(typeof requestId === "string" ? { requestId } : {}),
      data: { route, code },
    });
  });
}
