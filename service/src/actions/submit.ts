import { randomUUID } from "node:crypto";

import type { Insertable } from "kysely";
import { dayMs } from "pulumi-resistant-tenants/internal/clock";

import { maySee } from "../approval/access";
import { requirementOf } from "../approval/rule";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { isMachine, type Person, personKey } from "../person";
import { Problem } from "../problem";
import { isConstraint } from "../records/database";
import type { Reading, RequestsTable, Writing } from "../records/schema";
import { beginCustomer, findCustomer } from "../requests/customers-asked-for";
import { checkEntry, type Entry } from "../requests/entry";
import { beginningKinds, type NewRequest } from "../requests/request";
import { signRequest } from "../requests/signed-request";
import { bareEtag, etagOf, insistOnCurrent } from "../requests/stale";
import { endStates } from "../requests/state-machine";
import type { StageSettings } from "../settings/settings";
import { digestOf } from "../signing/signature";

/** The result of a submission. */
export interface Submitted {
  requestIds: string[];
  /** Set for several requests that were sent together. */
  batchId?: string;
}

/**
 * Accepts one request, or several as a batch: all of them or none.
 *
 * @throws {@link Problem} `forbidden`, `invalid`, `notFound`, `stale`, `nameTaken`
 */
export async function submit(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  input: NewRequest | { requests: NewRequest[] },
): Promise<Submitted> {
  if (!isMachine(caller) && !caller.roles.includes("requester"))
    throw new Problem("forbidden", "To send a request, you need the role requester.");
  if (!("requests" in input)) return { requestIds: [await submitOne(context, writing, caller, input)] };
  const batchId = randomUUID();
  await writing.insertInto("batches").values({ id: batchId, created_at: context.now() }).execute();
  const requestIds: string[] = [];
  for (const one of input.requests) requestIds.push(await submitOne(context, writing, caller, one, batchId));
  return { requestIds, batchId };
}

async function submitOne(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  asked: NewRequest,
  batchId?: string,
): Promise<string> {
  const { approvals: rule } = stageOf(context, asked.stage);
  const customer = await insistOnPossible(context, writing, caller, asked);
  const now = context.now();
  const request = {
    id: randomUUID(),
    batch_id: batchId ?? null,
    kind: asked.kind,
    stage: asked.stage,
    customer: customer ?? null,
    reason: asked.reason,
    based_on: "basedOn" in asked ? asked.basedOn : null,
    state: "previewing",
    rule_hash: digestOf(rule),
    required: requirementOf(asked.stage, asked.kind, rule).required,
    requester_id: caller.id,
    requester_issuer: caller.issuer,
    requester_subject: caller.subject,
    requester_person: personKey(caller.person) === undefined ? null : (caller.person ?? null),
    created_at: now,
    updated_at: now,
    expires_at: new Date(now.getTime() + context.settings.requests.validForDays * dayMs),
  } satisfies Partial<Insertable<RequestsTable>>;
  const signature = await signRequest(context.approvals, { ...request, asked });
  const row = { ...request, asked: JSON.stringify(asked), rule: JSON.stringify(rule), signature };
  await insert(context, writing, caller, row);
  if (customer !== undefined && beginningKinds.includes(asked.kind) && "customer" in asked)
    await beginCustomer(context, writing, caller, {
      stage: asked.stage,
      name: customer,
      entry: asked.customer,
    });
  await context.jobs.plan(writing, request.id);
  await append(context, writing, {
    kind: "requested",
    actorId: caller.id,
    requestId: request.id,
    stage: asked.stage,
    customer,
    data: {
      asked,
      rule: request.rule_hash,
      required: request.required,
      ...(batchId ? { batch: batchId } : {}),
    },
  });
  return request.id;
}

function stageOf({ settings }: ServiceContext, stage: NewRequest["stage"]): StageSettings {
  const found = settings.stages[stage];
  if (found !== undefined) return found;
  const known = Object.keys(settings.stages).join(", ");
  throw new Problem("invalid", `stage: this service has no stage ${stage}; it has ${known}.`);
}

/**
 * Checks a request against the schemas and the record.
 *
 * @returns the customer's name; undefined for an upgrade of several
 */
async function insistOnPossible(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  asked: NewRequest,
): Promise<string | undefined> {
  const { stage } = asked;
  const { settings } = context;
  if (asked.kind === "upgrade") {
    await insistOnCurrentAll(writing, stage, asked.basedOn, asked.customers);
    return undefined;
  }
  if (!("basedOn" in asked)) {
    const { name } = checkEntry(settings, stage, asked.customer);
    insistOnBeginning(asked.kind, asked.customer);
    if (asked.kind === "createCustomer") insistOnFutureEnd(context, asked.endsOn);
    await insistOnFreeName(context, writing, caller, { stage, name, isNew: asked.kind === "createCustomer" });
    return name;
  }
  const name =
    asked.kind === "changeCustomer" ? checkEntry(settings, stage, asked.customer).name : asked.customer.name;
  const customer = await findCustomer(writing, stage, name);
  if (customer === undefined || customer.status === "pending")
    throw new Problem("notFound", `There is no customer ${name} in ${stage}.`);
  await insistOnCurrent(writing, customer, asked.basedOn);
  if (asked.kind === "changeCustomer") insistOnSameStatus(asked.customer, customer.status);
  return name;
}

function insistOnBeginning(kind: "createCustomer" | "adopt", entry: Entry): void {
  const adopts = entry["adopt"] !== undefined;
  if (adopts !== (kind === "adopt"))
    throw new Problem(
      "invalid",
      adopts
        ? "customer.adopt: to take over an existing tenant, send a request of kind adopt."
        : "customer.adopt: must be the id of the tenant to take over.",
    );
  insistOnSameStatus(entry, "active");
}

/** A new customer is needed for a while. Yesterday, by UTC, is still today in some time zones. */
function insistOnFutureEnd({ now }: Pick<ServiceContext, "now">, endsOn: string | undefined): void {
  const earliest = new Date(now().getTime() - dayMs).toISOString().slice(0, 10);
  if (endsOn === undefined || endsOn >= earliest) return;
  const message = `"${endsOn}" is in the past, but the customer is new: correct the date, or leave it out`;
  throw new Problem("invalid", `endsOn: ${message}.`, { errors: [{ path: "endsOn", message }] });
}

/** Deprecating and handing over a customer have their own kinds of request, with stricter rules. */
function insistOnSameStatus(entry: Entry, status: string): void {
  const asked = entry["status"] ?? "active";
  if (asked === status || (status === "deprecated" && asked === "active")) return;
  throw new Problem(
    "invalid",
    `customer.status: it is ${status}; to change it, send a request of kind deprecate or release.`,
  );
}

async function insistOnCurrentAll(
  writing: Writing,
  stage: string,
  basedOn: string,
  names: readonly string[] | undefined,
): Promise<void> {
  const customers = await writing
    .selectFrom("customers")
    .select(["name", "etag"])
    .where("stage", "=", stage)
    .where("status", "in", ["active", "deprecated"])
    .orderBy("name")
    .execute();
  const wanted = names === undefined ? customers : customers.filter(({ name }) => names.includes(name));
  const unknown = (names ?? []).filter((name) => !wanted.some((customer) => customer.name === name));
  if (unknown.length > 0 || wanted.length === 0)
    throw new Problem("notFound", `There is no customer ${unknown.join(", ")} in ${stage}.`);
  const etag = etagOf(wanted);
  // If none of the stage's customers has changed, none of the named ones has.
  if (![etag, etagOf(customers)].includes(bareEtag(basedOn)))
    throw new Problem("stale", `The customers of ${stage} have changed since this was written.`, { etag });
}

/**
 * Describes how to take back a customer that was handed over. Its old secrets keep their names, so the same purpose
 * would need a name that is taken.
 */
const wayBack =
  " It was handed over. To take it back, send a request of kind delete, which deletes only its record here, then one of kind adopt " +
  "with its tenant id and all its applications, each with another purpose, its applicationId and its secretArn.";

/**
 * Ensures that a name is free: neither the service nor the vendor has it, and no other request wants it.
 *
 * @throws {@link Problem} `nameTaken`
 */
export async function insistOnFreeName(
  context: ServiceContext,
  reading: Reading,
  caller: Person,
  { stage, name, isNew }: { stage: string; name: string; isNew: boolean },
): Promise<void> {
  const customer = await findCustomer(reading, stage, name);
  if (customer !== undefined && customer.status !== "pending")
    throw new Problem(
      "nameTaken",
      `Customer ${name} already exists in ${stage} (${customer.status}).${customer.status === "released" ? wayBack : ""}`,
    );
  await insistOnFirst(context, reading, caller, { stage, name });
  if (!isNew || (customer !== undefined && (await wasBegun(reading, customer)))) return;
  const atVendor = await reading
    .selectFrom("vendor_tenants")
    .leftJoin("tenants", "tenants.tenant_id", "vendor_tenants.tenant_id")
    .select("seen_at")
    .where("vendor_tenants.stage", "=", stage)
    .where("vendor_tenants.name", "=", name)
    // The list is older than our own deletions.
    .where((where) => where.or([where("status", "is", null), where("status", "<>", "deleted")]))
    .executeTakeFirst();
  if (atVendor !== undefined)
    throw new Problem(
      "nameTaken",
      `The vendor already has a tenant ${name} in ${stage}: send a request of kind adopt to take it over, or choose another name.`,
      { seenAt: atVendor.seen_at.toISOString() },
    );
}

/**
 * Returns whether an apply of a customer was started but not completed: its leftovers, also at the vendor,
 * belong to the customer.
 */
async function wasBegun(
  reading: Reading,
  { stage, name, created_at: since }: { stage: string; name: string; created_at: Date },
): Promise<boolean> {
  const event = await reading
    .selectFrom("events")
    .select("sequence")
    .where("kind", "=", "applyStarted")
    .where("stage", "=", stage)
    .where("customer", "=", name)
    .where("at", ">=", since)
    .limit(1)
    .executeTakeFirst();
  return event !== undefined;
}

/** The second of two requests for one name is refused, with the content of the first if the caller may see it. */
async function insistOnFirst(
  context: ServiceContext,
  reading: ServiceContext["database"],
  caller: Person,
  { stage, name }: { stage: string; name: string },
): Promise<void> {
  const first = await reading
    .selectFrom("requests")
    .selectAll()
    .where("stage", "=", stage)
    .where("customer", "=", name)
    .where("kind", "in", [...beginningKinds])
    .where("state", "not in", [...endStates])
    .executeTakeFirst();
  if (first === undefined) return;
  const requester = await reading
    .selectFrom("people")
    .select(["id", "name"])
    .where("id", "=", first.requester_id)
    .executeTakeFirst();
  throw new Problem("nameTaken", `A customer ${name} in ${stage} has already been requested.`, {
    requestedBy: { id: first.requester_id, ...(requester?.name == null ? {} : { name: requester.name }) },
    state: first.state,
    createdAt: first.created_at.toISOString(),
    ...(maySee(context, caller, first) ? { request: { id: first.id, ...first.asked } } : {}),
  });
}

async function insert(
  context: ServiceContext,
  writing: Writing,
  caller: Person,
  row: Insertable<RequestsTable> & { customer: string | null },
): Promise<void> {
  try {
    await writing.insertInto("requests").values(row).execute();
  } catch (error) {
    if (!isConstraint(error, "one_beginning") || row.customer === null) throw error;
    // Another request was accepted in between. This transaction can read no more.
    await insistOnFirst(context, context.database, caller, { stage: row.stage, name: row.customer });
    throw new Problem(
      "nameTaken",
      `A customer ${row.customer} has just been requested.`,
      {},
      { cause: error },
    );
  }
}
