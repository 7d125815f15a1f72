import { sql } from "kysely";
import { dayMs } from "pulumi-resistant-tenants/internal/clock";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import type { Person } from "../person";
import { Problem } from "../problem";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import { digestOf } from "../signing/signature";

/** How long a key is stored, in days. */
const keptDays = 30;
const longestKey = 255;

/** A call that may be repeated. */
export interface RepeatableCall {
  caller: Person;
  /** The method and the concrete path: on another route, the same key is another key. */
  route: string;
  /** The header `Idempotency-Key`. */
  key: string | undefined;
  /** The call's body; its hash is stored. */
  body: unknown;
}

/** The result of a call. */
export interface Answered<T> {
  answer: T;
  /** Whether the call was done before, and this is its stored result. */
  isReplayed: boolean;
}

/**
 * Runs a function once per key, however often the call is repeated: the key and the changes are one
 * transaction. A process killed in between has done neither; one killed before its response has done both.
 *
 * @param work - Runs the change, and returns the result to store: ids, and nothing that could change.
 * @throws {@link Problem} `keyMissing`, `keyReused` for another body, `keyInFlight`. If `work` throws, no key
 * is stored; a refusal of access is recorded.
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
    if (error instanceof Problem && error.isRefusal) await recordRefusal(context, call, error);
    throw error;
  }
}

function keyOf({ key }: RepeatableCall): string {
  if (key === undefined || key.trim() === "")
    throw new Problem("keyMissing", "Send an Idempotency-Key: a random text, new for each operation.");
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
        "This Idempotency-Key was used with another body: send a new key for a new call.",
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
    throw new Problem("keyInFlight", "The same request is in progress: try again in a moment.");
}

/** Deletes keys that are too old to be repeated. */
export async function deleteOldKeys({
  database,
  now,
}: Pick<ServiceContext, "database" | "now">): Promise<void> {
  const since = new Date(now().getTime() - keptDays * dayMs);
  await database.deleteFrom("idempotency_keys").where("created_at", "<=", since).execute();
}

/** Records a refusal outside the transaction that it rolls back. */
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
