import { createHash } from "node:crypto";

import { longestReason } from "pulumi-resistant-tenants/internal/reason";
import { canonical, slotName, slotOf, type Stage } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { partOf, type PlanFacts, type PlanPart, touchedBy } from "../plan/facts";
import { type StartingState, startingStateOf } from "../plan/starting-state";
import type { RequestRow } from "../records/schema";
import { findCustomer } from "../requests/customers-asked-for";
import type { Entry } from "../requests/entry";
import { type NewRequest, newRequestSchema } from "../requests/request";
import { bareEtag } from "../requests/stale";
import type { Engine } from "./engine";
import { stackSettingsSchema } from "./job-folder";
import type { Lease } from "./lease";
import { findTenant, listTenants } from "./vendor-names";
import { type RecordedApplication, RotationError, type Wanted, wantedBy } from "./wanted";
import { type CustomerRow, type Work } from "./work";

/** Why a request cannot be planned. The message is for the requester. */
export class PlanProblem extends Error {
  override readonly name = "PlanProblem";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One customer of a request, and its wanted state. */
export interface Target {
  customer: CustomerRow;
  /** Until when it is needed, according to the record: a date. */
  endsOn: string | undefined;
  wanted: Wanted;
  /** The value of `tenants:customers`. */
  entries: readonly Entry[];
}

/**
 * Finds the customers of a request, and the wanted state of each.
 *
 * @throws PlanProblem if the customer or the stage no longer exists, or the request cannot be fulfilled
 */
export async function targetsOf({ context }: Work, request: RequestRow): Promise<Target[]> {
  const customers = await customersOf(context.database, request, newRequestSchema.parse(request.asked));
  return Promise.all(customers.map((customer) => targetOf(context, request, customer)));
}

/**
 * Finds the target of a request again, under the lease of its stack: another request may have been applied to
 * it in the meantime.
 *
 * @throws PlanProblem if the customer no longer exists
 */
export async function presentTarget(
  { context }: Work,
  request: RequestRow,
  { customer }: Target,
): Promise<Target> {
  const present = await context.database
    .selectFrom("customers")
    .selectAll()
    .where("id", "=", customer.id)
    .where("status", "<>", "deleted")
    .executeTakeFirst();
  if (present !== undefined) return targetOf(context, request, present);
  throw new PlanProblem("notFound", `Customer ${customer.name} no longer exists in ${request.stage}.`);
}

async function targetOf(
  { database, settings }: Work["context"],
  request: RequestRow,
  customer: CustomerRow,
): Promise<Target> {
  const asked = newRequestSchema.parse(request.asked);
  if (settings.stages[asked.stage] === undefined)
    throw new PlanProblem("invalid", `The service's settings no longer have a stage ${asked.stage}.`);
  try {
    const wanted = wantedBy(asked, {
      stage: asked.stage,
      entry: customer.entry as Entry,
      settings,
      askedAt: request.created_at,
      askedOf: await recordedThen(database, customer, request),
      recorded: applicationsOf(customer.record),
    });
    const ends = await database
      .selectFrom("customer_ends")
      .select("ends_on")
      .where("customer_id", "=", customer.id)
      .executeTakeFirst();
    return {
      customer,
      endsOn: ends?.ends_on,
      wanted,
      entries: wanted.entry === undefined ? [] : [wanted.entry],
    };
  } catch (error) {
    if (error instanceof RotationError) throw new PlanProblem("invalid", error.message);
    throw error;
  }
}

const recordedSchema = z
  .object({
    applications: z.array(
      z.object({ cell: z.string(), purpose: z.string(), clientId: z.string(), createdAt: z.string() }),
    ),
  })
  .catch({ applications: [] });

function applicationsOf(record: object | null): RecordedApplication[] {
  return recordedSchema.parse(record).applications;
}

/** Reads the applications of the record that a rotation was based on. */
async function recordedThen(
  database: Work["context"]["database"],
  { id }: CustomerRow,
  { kind, based_on: basedOn }: RequestRow,
): Promise<RecordedApplication[]> {
  if (kind !== "rotate" || basedOn === null) return [];
  const version = await database
    .selectFrom("customer_versions")
    .select("record")
    .where("customer_id", "=", id)
    .where("etag", "=", bareEtag(basedOn))
    .executeTakeFirst();
  return applicationsOf(version?.record ?? null);
}

async function customersOf(
  database: Work["context"]["database"],
  { stage, customer: name }: RequestRow,
  asked: NewRequest,
): Promise<CustomerRow[]> {
  if (asked.kind !== "upgrade") {
    const customer = await findCustomer(database, stage, name ?? "");
    if (customer === undefined)
      throw new PlanProblem("notFound", `Customer ${name ?? ""} no longer exists in ${stage}.`);
    return [customer];
  }
  const { customers } = asked;
  return database
    .selectFrom("customers")
    .selectAll()
    .where("stage", "=", stage)
    .where("status", "in", ["active", "deprecated"])
    .$if(customers !== undefined, (query) => query.where("name", "in", customers ?? []))
    .orderBy("name")
    .execute();
}

/** Describes the engine's job for one customer of a request. */
export function jobOf(work: Work, request: RequestRow, { customer, entries }: Target, lease: Lease) {
  const settings = stackSettingsSchema.parse(customer.stack_settings);
  return {
    // One job per stack at a time: a successor finds the folder of its predecessor.
    id: customer.stack,
    stage: request.stage as Stage,
    stack: customer.stack,
    reason: reasonFor(request),
    customers: entries,
    settings: Object.keys(settings).length === 0 ? undefined : settings,
    onStart: (session: Parameters<Lease["note"]>[0]) => lease.note(session),
    signal: AbortSignal.any([lease.lost, work.stopping]),
  };
}

/** Returns the reason that the engine records: it names the request, so a long one is shortened. */
export function reasonFor({ id, reason }: Pick<RequestRow, "id" | "reason">): string {
  const ending = ` (request ${id})`;
  const characters = Array.from(reason);
  const room = longestReason - ending.length;
  const text = characters.length <= room ? reason : `${characters.slice(0, room - 1).join("")}…`;
  return `${text}${ending}`;
}

/** One stack's part of a plan, and the engine's plan of it. */
export interface PlannedPart {
  part: PlanPart;
  plan: Buffer;
  state: StartingState;
}

/** Prepares the stack of a customer: ensures that it exists, and records how its secrets are encrypted. */
export async function prepare(work: Work, engine: Engine, { customer }: Target): Promise<StartingState> {
  const exported = await engine.prepare();
  if (canonical(customer.stack_settings) !== canonical(engine.stackSettings)) {
    await work.context.database
      .updateTable("customers")
      .set({ stack_settings: JSON.stringify(engine.stackSettings) })
      .where("id", "=", customer.id)
      .execute();
  }
  return startingStateOf(exported);
}

/** Plans one stack's part. */
export async function planPart(
  work: Work,
  engine: Engine,
  target: Target,
  state: StartingState,
): Promise<PlannedPart> {
  const { customer, entries, wanted } = target;
  const { preview, plan } = await engine.preview();
  const { endsOn } = wanted;
  const part = partOf(
    {
      customer: customer.name,
      stack: customer.stack,
      entries,
      ...(endsOn === undefined ? {} : { endsOn }),
    },
    preview,
    state,
  );
  return { part, plan, state };
}

/**
 * Ensures that a plan rotates what was requested, unless an earlier apply of the request has done so.
 *
 * @throws PlanProblem with the applications that would keep their credentials
 */
export function insistOnRotation({ wanted, customer }: Target, { part, state }: PlannedPart): void {
  const planned = new Set(
    part.changes.filter(({ kind }) => kind !== "changed").map(({ name }) => slotOf(name)),
  );
  const left = keptClients(wanted, customer.name, state).filter((slot) => !planned.has(slot));
  if (left.length === 0) return;
  throw new PlanProblem(
    "notRotated",
    `The credentials of ${left.join(", ")} would not be rotated: by the vendor's clock, their client is newer than the request. Request the rotation again.`,
  );
}

/** Returns the applications to rotate whose client is still the former one, according to the stack's outputs. */
export function keptClients(
  { rotates = [] }: Wanted,
  customer: string,
  { outputs }: Pick<StartingState, "outputs">,
): string[] {
  const customers = z.record(z.string(), z.unknown()).catch({}).parse(outputs["customers"]);
  const running = new Map(
    recordedSchema
      .parse(customers[customer])
      .applications.map((application) => [slotName(customer, application), application.clientId]),
  );
  return rotates.filter(({ slot, clientId }) => running.get(slot) === clientId).map(({ slot }) => slot);
}

/** Assembles the parts of a plan. */
export function factsOf(work: Work, request: RequestRow, parts: readonly PlanPart[]): PlanFacts {
  const { settings } = work.context;
  const { configuration, allowedHosts } = settings.stages[request.stage as Stage] ?? {};
  const { backendUrl, journal, secretsProvider, policyPack } = settings.work;
  const deciding = { configuration, allowedHosts, backendUrl, journal, secretsProvider };
  const facts: Omit<PlanFacts, "touches"> = {
    version: 1,
    kind: request.kind as PlanFacts["kind"],
    stage: request.stage,
    parts: [...parts],
    settings: createHash("sha256").update(canonical(deciding)).digest("hex"),
    versions: { program: work.engines.program.version, engine: work.engines.version },
    policy: { pack: policyPack ?? null, verdict: policyPack === undefined ? "none" : "passed" },
  };
  return { ...facts, touches: touchedBy(facts) };
}

/**
 * Checks a new customer's name and the quota at the vendor, and that a tenant to take over exists.
 *
 * @throws PlanProblem if the name is taken, the quota is used up, or there is no such tenant
 */
export async function checkAtVendor(
  work: Work,
  request: RequestRow,
  { customer, wanted }: Target,
): Promise<void> {
  if (request.kind !== "createCustomer" && request.kind !== "adopt") return;
  const stage = request.stage as Stage;
  if (request.kind === "adopt") {
    const adopted = String(wanted.entry?.["adopt"]);
    if ((await findTenant(work, stage, adopted)) !== undefined) return;
    throw new PlanProblem(
      "notFound",
      `The vendor has no tenant ${adopted} in ${stage} that this organization can see. Correct its id, then send a new request.`,
    );
  }
  const tenants = await listTenants(work, stage);
  if (tenants.some(({ name }) => name === customer.name))
    throw new PlanProblem(
      "nameTaken",
      `The vendor already has a tenant ${customer.name} in ${stage}. To take it over, send a request of kind adopt with its id; or choose another name.`,
    );
  const quota = Number(work.context.settings.stages[stage]?.configuration["tenants:quota"] ?? defaultQuota);
  if (tenants.length >= quota)
    throw new PlanProblem(
      "quota",
      `The organization has ${tenants.length} tenants in ${stage}, and its quota is ${quota} (tenants:quota). Ask the vendor to raise it, change the setting, then have this retried.`,
    );
}

/** The vendor's default; the vendor raises it on request. */
const defaultQuota = 20;
