import type { Selectable } from "kysely";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import type { Person } from "../identity/person";
import { Problem } from "../problem";
import { insistOnRole } from "../requests/access";
import { etagOf } from "../requests/stale";
import { write } from "./database";
import { type Page, pageOf, type Paging } from "./paging";
import type { CustomersTable } from "./schema";

/** A customer on record: the stack's output record, and what the service knows beside. */
export interface CustomerView {
  /** Of the record: what a request about it is based on. */
  etag: string;
  stage: string;
  name: string;
  status: string;
  /** The declared entry: what a change is written from. */
  entry: unknown;
  createdAt: string;
  updatedAt: string;
  rotatedAt?: string;
  /** Whoever asked for it: the name of the person, else the id. Not the process that created it. */
  createdBy?: string;
  createdById?: string;
  /** An update that somebody ran outside the service since. */
  outsideUpdate?: unknown;
  /** The rest of the stack's output record. */
  [field: string]: unknown;
}

/** Which customers are asked for. */
export interface CustomerFilter extends Paging {
  stage?: string | undefined;
}

/** A page of customers, and the ETag of all of a stage: what an upgrade of them is based on. */
export interface CustomerPage extends Page<CustomerView> {
  etag: string;
}

/**
 * Lists the customers on record, by stage and name.
 *
 * @throws {@link Problem} `forbidden` without any role
 */
export async function listCustomers(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  { stage, limit, after }: CustomerFilter,
): Promise<CustomerPage> {
  insistOnRole(caller, "requester", "approver", "administrator", "auditor");
  let query = context.database
    .selectFrom("customers")
    .leftJoin("people", "people.id", "customers.created_by")
    .selectAll("customers")
    .select("people.name as creator")
    .where("status", "<>", "pending");
  if (stage !== undefined) query = query.where("stage", "=", stage);
  const all = await query
    .where("record", "is not", null)
    .orderBy("stage")
    .orderBy("customers.name")
    .orderBy("customers.id")
    .execute();
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const page = pageOf(all.slice(from, from + limit + 1), limit, ({ id }) => id);
  const living = all.filter(({ status }) => status === "active" || status === "deprecated");
  await write(context, async (writing) => {
    await append(context, writing, {
      kind: "recordRead",
      actorId: caller.id,
      stage,
      data: { customers: page.items.map(({ stack }) => stack) },
    });
  });
  return { ...page, items: page.items.map(toView), etag: etagOf(living) };
}

/**
 * Gives one customer on record. A deleted one is there still, unless another has taken its name.
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
  const customer = await context.database
    .selectFrom("customers")
    .leftJoin("people", "people.id", "customers.created_by")
    .selectAll("customers")
    .select("people.name as creator")
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

function toView(customer: Selectable<CustomersTable> & { creator: string | null }): CustomerView {
  const { created_by: createdById, creator, rotated_at: rotatedAt, outside_update: outsideUpdate } = customer;
  return {
    ...customer.record,
    ...(createdById === null ? {} : { createdBy: creator ?? createdById, createdById }),
    etag: customer.etag,
    stage: customer.stage,
    name: customer.name,
    status: customer.status,
    entry: customer.entry,
    createdAt: customer.created_at.toISOString(),
    updatedAt: customer.updated_at.toISOString(),
    ...(rotatedAt === null ? {} : { rotatedAt: rotatedAt.toISOString() }),
    ...(outsideUpdate === null ? {} : { outsideUpdate }),
  };
}
