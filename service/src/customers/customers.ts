import type { Selectable } from "kysely";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { insistOnRole, type Person } from "../person";
import { Problem } from "../problem";
import { write } from "../records/database";
import { type Page, pageOf, type Paging } from "../records/paging";
import type { CustomersTable, Reading } from "../records/schema";
import { etagOf } from "../requests/stale";

/** A customer on record: the stack's output record, and what the service adds. */
export interface CustomerView {
  /** The record's ETag: a request about the customer is based on it. */
  etag: string;
  stage: string;
  name: string;
  status: string;
  /** The declared entry, from which a change is written. */
  entry: unknown;
  /** When the vendor created the tenant. */
  createdAt: string;
  updatedAt: string;
  rotatedAt?: string;
  /** Until when it is needed: a date. */
  endsOn?: string;
  /** The requester: the person's name, or else the id. Not the process that created it. */
  createdBy?: string;
  createdById?: string;
  /** The last update that someone ran outside the service since. */
  outsideUpdate?: unknown;
  /** The rest of the stack's output record. */
  [field: string]: unknown;
}

/** The criteria of a list of customers. */
export interface CustomerFilter extends Paging {
  stage?: string | undefined;
}

/** A page of customers, and the ETag of all of a stage, on which an upgrade of them is based. */
export interface CustomerPage extends Page<CustomerView> {
  etag: string;
}

/**
 * Lists the customers on record, by stage and name.
 *
 * @throws {@link Problem} `forbidden` without any role, `invalid` if `after` is no page's `next`
 */
export async function listCustomers(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  { stage, limit, after }: CustomerFilter,
): Promise<CustomerPage> {
  insistOnRole(caller, "requester", "approver", "administrator", "auditor");
  // The records of all would be megabytes for each page of them.
  let query = context.database
    .selectFrom("customers")
    .select(["id", "name", "status", "etag"])
    .where("status", "<>", "pending");
  if (stage !== undefined) query = query.where("stage", "=", stage);
  const all = await query
    .where("record", "is not", null)
    .orderBy("stage")
    .orderBy("name")
    .orderBy("id")
    .execute();
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  // Starting again from the beginning would never end for a caller who reads page by page.
  if (after !== undefined && from === 0)
    throw new Problem("invalid", "after: use the `next` of the previous page.");
  const page = pageOf(all.slice(from, from + limit + 1), limit, ({ id }) => id);
  const rows = await rowsOf(
    context.database,
    page.items.map(({ id }) => id),
  );
  const living = all.filter(({ status }) => status === "active" || status === "deprecated");
  await write(context, async (writing) => {
    await append(context, writing, {
      kind: "recordRead",
      actorId: caller.id,
      stage,
      data: { customers: rows.map(({ stack }) => stack) },
    });
  });
  return { ...page, items: rows.map(toView), etag: etagOf(living) };
}

/** Selects customers with what a view of them needs. */
function viewed(reading: Reading) {
  return reading
    .selectFrom("customers")
    .leftJoin("people", "people.id", "customers.created_by")
    .leftJoin("customer_ends", "customer_ends.customer_id", "customers.id")
    .selectAll("customers")
    .select(["people.name as creator", "ends_on"]);
}

/** Reads the records of customers, in the order of their ids here. */
async function rowsOf(reading: Reading, ids: readonly string[]): Promise<ViewedRow[]> {
  if (ids.length === 0) return [];
  const rows = await viewed(reading).where("customers.id", "in", ids).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * Returns one customer on record. A deleted one is included, unless another customer has taken its name.
 *
 * @throws {@link Problem} `notFound`, `forbidden` without any role
 */
export async function readCustomer(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  stage: string,
  name: string,
): Promise<CustomerView> {
  insistOnRole(caller, "requester", "approver", "administrator", "auditor");
  const customer = await viewed(context.database)
    .where("stage", "=", stage)
    .where("customers.name", "=", name)
    .where("record", "is not", null)
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (customer === undefined) throw new Problem("notFound", `There is no customer ${name} in ${stage}.`);
  await write(context, async (writing) => {
    await append(context, writing, { kind: "recordRead", actorId: caller.id, stage, customer: name });
  });
  return toView(customer);
}

type ViewedRow = Selectable<CustomersTable> & { creator: string | null; ends_on: string | null };

function toView(customer: ViewedRow): CustomerView {
  const { created_by: createdById, creator, rotated_at: rotatedAt, outside_update: outsideUpdate } = customer;
  return {
    // Of the tenant, as the vendor has it.
    createdAt: customer.created_at.toISOString(),
    ...customer.record,
    ...(createdById === null ? {} : { createdBy: creator ?? createdById, createdById }),
    etag: customer.etag,
    stage: customer.stage,
    name: customer.name,
    status: customer.status,
    entry: customer.entry,
    updatedAt: customer.updated_at.toISOString(),
    ...(rotatedAt === null ? {} : { rotatedAt: rotatedAt.toISOString() }),
    ...(customer.ends_on === null ? {} : { endsOn: customer.ends_on }),
    ...(outsideUpdate === null ? {} : { outsideUpdate }),
  };
}
