import type { Selectable } from "kysely";
import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { dueDate } from "resistant-tenants-stacks/rotation";
import { z } from "zod";

import type { ServiceContext } from "../context";
import type { ClockRotationsTable, RetiringGenerationsTable } from "../records/schema";
import { type Entry, readEntry } from "../requests/entry";

/** A scheduled rotation or retirement of an application's credentials. */
export interface RotationDue {
  stage: Stage;
  customer: string;
  cell: string;
  purpose: string;
  applicationId: string;
  clientId: string;
  /** A new generation of credentials, or the end of one that has a successor. */
  what: "rotation" | "retirement";
  /** The setting that causes it: `every 90d`. */
  why: string;
  /** When the current client was created. */
  createdAt: string;
  /** When its credentials were last rotated; absent if never. */
  rotatedAt?: string;
  dueAt: string;
  /** Whether its date has passed. */
  due: boolean;
  /** Whether it is late by more than `rotation.overdueAfterHours`. */
  overdue: boolean;
  /** Why the service's clock has not done it. */
  problem?: string;
  /** The request that was made instead, because more than credentials would change. */
  requestId?: string;
}

const recordSchema = z.object({
  applications: z.array(
    z.object({
      cell: z.string(),
      purpose: z.string(),
      applicationId: z.string(),
      clientId: z.string(),
      createdAt: z.string(),
      rotatedAt: z.string().optional(),
    }),
  ),
});

/** A problem found by the clock, as stored. */
export const clockProblemSchema = z.looseObject({ detail: z.string() });

const hourMs = 3_600_000;

interface Row {
  id: string;
  stage: string;
  name: string;
  entry: object;
  record: object | null;
}

/**
 * Returns the next rotations and retirements of every customer on record, the earliest first: from the record
 * alone, without the engine.
 *
 * @param customerId the id of the only wanted customer; default: all
 */
export async function rotationsDue(
  context: Pick<ServiceContext, "database" | "settings" | "now">,
  customerId?: string,
): Promise<RotationDue[]> {
  const { database } = context;
  const [customers, retiring, tried] = await Promise.all([
    database
      .selectFrom("customers")
      .select(["id", "stage", "name", "entry", "record"])
      .where("status", "in", ["active", "deprecated"])
      .where("record", "is not", null)
      .$if(customerId !== undefined, (query) => query.where("id", "=", customerId ?? null))
      .execute(),
    database
      .selectFrom("retiring_generations")
      .selectAll()
      .$if(customerId !== undefined, (query) => query.where("customer_id", "=", customerId ?? null))
      .execute(),
    database
      .selectFrom("clock_rotations")
      .selectAll()
      .$if(customerId !== undefined, (query) => query.where("customer_id", "=", customerId ?? null))
      .execute(),
  ]);
  const byCustomer = new Map<string, Retiring[]>();
  for (const one of retiring)
    byCustomer.set(one.customer_id, [...(byCustomer.get(one.customer_id) ?? []), one]);
  const clock = new Map(tried.map((row) => [row.customer_id, row]));
  return customers
    .flatMap((customer) =>
      dueOf(context, customer, byCustomer.get(customer.id) ?? [], clock.get(customer.id)),
    )
    .sort((one, other) => Date.parse(one.dueAt) - Date.parse(other.dueAt));
}

type Retiring = Selectable<RetiringGenerationsTable>;
type Tried = Selectable<ClockRotationsTable>;

function dueOf(
  { settings, now }: Pick<ServiceContext, "settings" | "now">,
  { stage, name, entry, record }: Row,
  retiring: readonly Retiring[],
  tried: Tried | undefined,
): RotationDue[] {
  const read = readEntry(settings, stage, entry as Entry);
  // The next plan reports settings that have become invalid.
  if (!("customer" in read)) return [];
  const nowMs = now().getTime();
  const overdueMs = settings.rotation.overdueAfterHours * hourMs;
  const problem = clockProblemSchema.safeParse(tried?.problem).data?.detail;
  return recordSchema.parse(record).applications.flatMap((application): RotationDue[] => {
    const { cell, purpose, createdAt, rotatedAt } = application;
    const isOwn = (one: { cell: string; purpose: string }): boolean =>
      one.cell === cell && one.purpose === purpose;
    const declared = read.customer.applications.find(isOwn);
    const calendar =
      declared?.rotation === undefined || declared.publicKey !== undefined
        ? undefined
        : dueDate(declared.rotation, Date.parse(createdAt));
    const ends = retiring.filter(isOwn).flatMap(({ until }) => until?.getTime() ?? []);
    const dates = [
      ...(calendar === undefined ? [] : [{ what: "rotation" as const, ms: calendar.ms, why: calendar.why }]),
      ...ends.map((ms) => ({ what: "retirement" as const, ms, why: "its overlap ends" })),
    ];
    return dates.map(({ what, ms, why }) => ({
      stage: stage as Stage,
      customer: name,
      cell,
      purpose,
      applicationId: application.applicationId,
      clientId: application.clientId,
      what,
      why,
      createdAt,
      ...(rotatedAt === undefined ? {} : { rotatedAt }),
      dueAt: new Date(ms).toISOString(),
      due: ms <= nowMs,
      overdue: ms + overdueMs <= nowMs,
      ...(problem === undefined || ms > nowMs ? {} : { problem }),
      ...(tried?.request_id == null || ms > nowMs ? {} : { requestId: tried.request_id }),
    }));
  });
}
