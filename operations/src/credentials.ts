import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import { readApplicationName } from "pulumi-resistant-tenants/internal/vocabulary";
import type { CustomerConfiguration } from "resistant-tenants-stacks/configuration";
import type { HeldGeneration, HeldResource, SlotPlan } from "resistant-tenants-stacks/rotation";

/** The credentials of one application: the current generation, the retiring ones, and what is overdue. */
export interface Credential {
  /** `<customer>/<cell>/<purpose>`. */
  slot: string;
  customer: string;
  cell: string;
  purpose: string;
  /** Absent if it was never created. */
  running?: Running;
  /** Earlier generations that still exist, oldest first. */
  retiring: Retiring[];
  /** What an update should have done by now, and the next one does, in words; empty if nothing is due. */
  overdue: string[];
  /** The same for programs, in the same order. */
  overdueActions: OverdueAction[];
}

/** Something that an update should have done by now, with an application of a customer. */
export interface OverdueAction {
  /**
   * - `rotation`: a successor of this generation.
   * - `completion`: of this generation, which an earlier update left incomplete.
   * - `deletion`: of this generation, whose overlap has ended.
   */
  kind: "rotation" | "completion" | "deletion";
  generation: number;
  /** Absent if it was never created. */
  applicationId?: string;
  clientId?: string;
  /** Since when: RFC 3339, UTC; absent if no date causes it. */
  dueAt?: string;
  /** The cause of a rotation: `every 90d`. */
  why?: string;
}

/** A generation whose credentials are, or will soon be, `AWSCURRENT`. */
export interface Running {
  generation: number;
  applicationId?: string;
  clientId?: string;
  /** RFC 3339, UTC; absent if unknown. */
  createdAt?: string;
  ageInDays?: number;
  /** When it gets a successor; absent if no calendar is configured. */
  nextRotation?: string;
}

/** A generation that has a successor. */
export interface Retiring {
  generation: number;
  applicationId?: string;
  clientId?: string;
  /** When it will be deleted; absent while its successor is not stored, or if it is no longer configured. */
  until?: string;
}

/** Returns the age of each application's credentials, configured or in the state, and what is due. */
export async function toCredentials(
  customers: readonly CustomerConfiguration[],
  resources: readonly HeldResource[],
  nowMs: number,
): Promise<Credential[]> {
  const { heldGenerations, planSlots } = await import("resistant-tenants-stacks/rotation");
  const held = heldGenerations(resources);
  const plans = await planSlots(customers, resources, nowMs);
  const slots = [...new Set([...plans.keys(), ...held.keys()])];
  return slots.map((slot) => toCredential(slot, held.get(slot) ?? [], plans.get(slot), nowMs));
}

function toCredential(
  slot: string,
  held: readonly HeldGeneration[],
  plan: SlotPlan | undefined,
  nowMs: number,
): Credential {
  const { customer = "", cell = "", purpose = "" } = readApplicationName(slot) ?? {};
  const newest = held.at(-1);
  const actions = overdueOf(newest, plan, nowMs);
  const ends = new Map(
    [...(plan?.retiring ?? []), ...(plan?.retired ?? [])].map(({ generation, endsAtMs }) => [
      generation,
      endsAtMs,
    ]),
  );
  return {
    slot,
    customer,
    cell,
    purpose,
    ...(newest === undefined ? {} : { running: toRunning(newest, plan, nowMs) }),
    retiring: held
      .slice(0, -1)
      .filter(({ application }) => application !== undefined)
      .map((generation) => ({
        ...identify(generation),
        ...present("until", toText(ends.get(generation.generation))),
      })),
    overdue: actions.map(describeAction),
    overdueActions: actions,
  };
}

function toRunning(generation: HeldGeneration, plan: SlotPlan | undefined, nowMs: number): Running {
  const createdAtMs = generation.application?.createdAtMs;
  return {
    ...identify(generation),
    ...present("createdAt", toText(createdAtMs)),
    ...present(
      "ageInDays",
      createdAtMs === undefined ? undefined : Math.floor((nowMs - createdAtMs) / dayMs),
    ),
    ...present("nextRotation", toText(plan?.due?.ms)),
  };
}

function overdueOf(
  newest: HeldGeneration | undefined,
  plan: SlotPlan | undefined,
  nowMs: number,
): OverdueAction[] {
  if (plan === undefined || newest === undefined) return [];
  const { due, reason, retired } = plan;
  const isIncomplete = newest.application === undefined || !newest.isStored;
  // A change of the configuration causes a rotation before its date.
  const dueAt = due !== undefined && due.ms <= nowMs ? toText(due.ms) : undefined;
  return [
    ...(reason === undefined
      ? []
      : [{ kind: "rotation" as const, ...identify(newest), ...present("dueAt", dueAt), why: reason }]),
    ...(isIncomplete ? [{ kind: "completion" as const, ...identify(newest) }] : []),
    ...retired
      .filter(({ generation }) => generation !== newest.generation)
      .map(({ held, endsAtMs }) => ({
        kind: "deletion" as const,
        ...identify(held),
        ...present("dueAt", toText(endsAtMs)),
      })),
  ];
}

function describeAction({ kind, generation, why }: OverdueAction): string {
  switch (kind) {
    case "rotation":
      return `rotation (${why ?? ""})`;
    case "completion":
    case "deletion":
      return `${kind} of generation ${generation}`;
  }
}

function identify({
  generation,
  application,
}: HeldGeneration): Pick<Running, "generation" | "applicationId" | "clientId"> {
  return {
    generation,
    ...present("applicationId", application?.applicationId),
    ...present("clientId", application?.clientId),
  };
}

function toText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}
