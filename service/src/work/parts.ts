import { createHash } from "node:crypto";

import type { Stage } from "pulumi-resistant-tenants/internal/vocabulary";

import { append } from "../audit/chain";
import { canonical } from "../records/canonical";
import { write } from "../records/database";
import { findCustomer } from "../requests/customers-asked-for";
import type { Entry } from "../requests/entry";
import { type NewRequest, newRequestSchema } from "../requests/request";
import type { Engine } from "./engine";
import { stackSettingsSchema } from "./job-folder";
import type { Lease } from "./lease";
import { partOf, type PlanFacts, type PlanPart, touchedBy } from "./plan-facts";
import { type StartingState, startingStateOf } from "./starting-state";
import { listTenants } from "./vendor-names";
import { type Wanted, wantedBy } from "./wanted";
import { type CustomerRow, type RequestRow, type Work } from "./work";

/** What a request cannot be planned for. Its message is for whoever asked. */
export class PlanProblem extends Error {
  override readonly name = "PlanProblem";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One customer of a request, and what is wanted of it. */
export interface Target {
  customer: CustomerRow;
  wanted: Wanted;
  /** What is written to `tenants:customers`. */
  entries: readonly Entry[];
}

/** Finds the customers of a request, and what it wants of each. */
export async function targetsOf({ context }: Work, request: RequestRow): Promise<Target[]> {
  const asked = newRequestSchema.parse(request.asked);
  const settings = context.settings.stages[asked.stage];
  if (settings === undefined)
    throw new PlanProblem("invalid", `The service's settings have no stage ${asked.stage} any more.`);
  const customers = await customersOf(context.database, request, asked);
  return customers.map((customer) => {
    const present = {
      stage: asked.stage,
      entry: customer.entry as Entry,
      settings,
      askedAt: request.created_at,
    };
    const wanted = wantedBy(asked, present);
    return { customer, wanted, entries: wanted.entry === undefined ? [] : [wanted.entry] };
  });
}

async function customersOf(
  database: Work["context"]["database"],
  { stage, customer: name }: RequestRow,
  asked: NewRequest,
): Promise<CustomerRow[]> {
  if (asked.kind !== "upgrade") {
    const customer = await findCustomer(database, stage, name ?? "");
    if (customer === undefined)
      throw new PlanProblem("notFound", `There is no customer ${name ?? ""} in ${stage} any more.`);
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
    // One job of a stack at a time: whoever takes over finds the folder of the one before.
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

/** The engine takes one line of at most 500 characters. */
export function reasonFor({ id, reason }: Pick<RequestRow, "id" | "reason">): string {
  const ending = ` (request ${id})`;
  const line = reason.replace(/[^\p{L}\p{N}\p{P}\p{S}\p{Zs}]+/gu, " ").trim();
  return `${Array.from(line)
    .slice(0, 500 - ending.length)
    .join("")}${ending}`;
}

/** One stack's part of a plan, and the engine's own plan of it. */
export interface PlannedPart {
  part: PlanPart;
  plan: Buffer;
  state: StartingState;
}

/** Prepares the stack of a customer: it is there, and how its secrets are encrypted is on record. */
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

/** Makes one stack's part of a plan. */
export async function planPart(
  work: Work,
  engine: Engine,
  target: Target,
  state: StartingState,
): Promise<PlannedPart> {
  const { customer, entries } = target;
  const { preview, plan } = await engine.preview();
  const part = partOf({ customer: customer.name, stack: customer.stack, entries }, preview, state);
  return { part, plan, state };
}

/** Puts the parts of a plan together. */
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
 * Checks a new customer's name and the quota against the vendor.
 *
 * @throws PlanProblem where the name is taken, or the quota is used up
 */
export async function checkAtVendor(work: Work, request: RequestRow, { customer }: Target): Promise<void> {
  if (request.kind !== "createCustomer") return;
  const stage = request.stage as Stage;
  const tenants = await listTenants(work, stage);
  if (tenants.some(({ name }) => name === customer.name))
    throw new PlanProblem(
      "nameTaken",
      `The vendor has a tenant ${customer.name} in ${stage} already. To take it over, ask for kind adopt with its id; or choose another name.`,
    );
  const quota = Number(work.context.settings.stages[stage]?.configuration["tenants:quota"] ?? defaultQuota);
  if (tenants.length >= quota)
    throw new PlanProblem(
      "quota",
      `The organization has ${tenants.length} tenants in ${stage}, and its quota is ${quota} (tenants:quota). Have the vendor raise it, and the setting; then have this tried again.`,
    );
}

/** The vendor's, raised on request. */
const defaultQuota = 20;

/** Notices an update that somebody ran on a customer's stack outside the service. */
export async function noticeOutsideUpdate(
  work: Work,
  customer: CustomerRow,
  { lastUpdate, size }: StartingState,
): Promise<boolean> {
  const { context } = work;
  const known = customer.last_update;
  if (known === null || lastUpdate === undefined || lastUpdate === known) return false;
  const outside = customer.outside_update as { lastUpdate?: string } | null;
  if (outside?.lastUpdate === lastUpdate) return true;
  await write(context, async (writing) => {
    await writing
      .updateTable("customers")
      .set({ outside_update: JSON.stringify({ lastUpdate, noticedAt: context.now().toISOString() }) })
      .where("id", "=", customer.id)
      .execute();
    const { stage, name } = customer;
    const data = { lastUpdate, known, resources: size };
    await append(context, writing, { kind: "outsideUpdate", stage, customer: name, data });
  });
  return true;
}
