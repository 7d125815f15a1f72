import { randomUUID } from "node:crypto";

import { sql } from "kysely";
import { genesis, hashOf, type Head, type ServiceEvent } from "pulumi-resistant-tenants/internal/journal";

import type { ServiceContext } from "../context";
import type { Reading, Writing } from "../records/schema";
import type { EventKind } from "./kinds";

/** The name of the service's chain, in the field where a journal's events have their stack. */
export const chainName = "service";

/** An event to record. It contains no credential, and no name or address of a person, only their id. */
export interface NewEvent {
  kind: EventKind;
  /** The actor's id in `people`; absent if the service acted by itself. */
  actorId?: string | undefined;
  requestId?: string | undefined;
  stage?: string | undefined;
  customer?: string | undefined;
  data?: Readonly<Record<string, unknown>>;
}

/**
 * Appends an event to the chain. Until the transaction ends, no other event can be appended: lock rows first,
 * or two transactions may wait for each other.
 *
 * @returns the place of the event in the chain
 */
export async function append(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  { kind, actorId, requestId, stage, customer, data = {} }: NewEvent,
): Promise<Head> {
  await sql`select pg_advisory_xact_lock(hashtext('events'))`.execute(writing);
  const head = await headOf(writing);
  const at = now();
  const event: ServiceEvent = {
    v: 2,
    id: randomUUID(),
    at: at.toISOString(),
    event: "service",
    kind,
    ...(actorId === undefined ? {} : { actor: actorId }),
    stack: chainName,
    ...(stage === undefined ? {} : { stage }),
    ...(customer === undefined ? {} : { customer }),
    ...(requestId === undefined ? {} : { request: requestId }),
    data,
    sequence: head.sequence + 1,
    previous: head.hash,
  };
  const text = JSON.stringify(event);
  const hash = hashOf(text);
  await writing
    .insertInto("events")
    .values({
      sequence: String(event.sequence),
      request_id: requestId ?? null,
      kind,
      at,
      actor_id: actorId ?? null,
      stage: stage ?? null,
      customer: customer ?? null,
      text,
      hash,
      previous: head.hash,
    })
    .execute();
  return { hash, sequence: event.sequence };
}

/** Returns the end of the chain. */
export async function headOf(reading: Reading): Promise<Head> {
  const last = await reading
    .selectFrom("events")
    .select(["sequence", "hash"])
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? genesis : { hash: last.hash, sequence: Number(last.sequence) };
}
