import { defaultOverlap, type RotationConfiguration } from "../configuration/rotation";
import type { HeldGeneration } from "./held-generations";
import { differences, type Specification } from "./specification";

/** The configuration of one slot. */
export interface WantedSlot {
  specification: Specification;
  /** Absent if its credentials are not rotated: then a change takes effect at once, without an overlap. */
  rotation?: RotationConfiguration | undefined;
}

/** A declared generation. */
export interface DeclaredGeneration {
  generation: number;
  specification: Specification;
  /** The generation in the state at the end of the last update. */
  held?: HeldGeneration;
}

/** A generation that has a successor. */
export interface RetiringGeneration extends DeclaredGeneration {
  held: HeldGeneration;
  /** When it will be deleted, in milliseconds since 1970; undefined while its successor is not stored. */
  endsAtMs?: number;
}

/** What one `up` does with a slot. */
export interface SlotPlan {
  /** Its credentials are, or become, the secret's `AWSCURRENT`. */
  current: DeclaredGeneration;
  /** The earlier ones that stay, oldest first. */
  retiring: RetiringGeneration[];
  /** The ones to be deleted. */
  retired: RetiringGeneration[];
  /** Why the current one is created now, if it follows another. */
  reason?: string;
  /**
   * If this `up` only completes an earlier run: what the next one will do, namely why there is a successor,
   * if there is one, and which generations are deleted.
   */
  next?: { reason?: string; retired: number[] };
  /** The configured changes that take effect with the next generation. */
  deferred: string[];
  /**
   * When the newest generation in the state gets, or should have got, a successor; absent if no calendar is
   * configured.
   */
  due?: DueDate;
  overlap: RotationConfiguration["overlap"];
}

/**
 * Computes which generation of a slot's credentials is current, which stay, and which are deleted.
 *
 * @param held the slot's generations at the end of the last update, oldest first
 * @param nowMs milliseconds since 1970
 */
export function planSlot(wanted: WantedSlot, held: readonly HeldGeneration[], nowMs: number): SlotPlan {
  const newest = held.at(-1);
  const overlap = wanted.rotation?.overlap ?? defaultOverlap;
  if (newest === undefined) {
    const current = { generation: 1, specification: wanted.specification };
    return { current, retiring: [], retired: [], deferred: [], overlap };
  }
  const due = calendarOf(wanted, newest);
  const common = { ...(due === undefined ? {} : { due }), overlap };
  const reason = successorReason(wanted, newest, nowMs);
  if (reason !== undefined) {
    const current = { generation: newest.generation + 1, specification: wanted.specification };
    return { current, ...retire(held, held, overlap.ms, nowMs), reason, deferred: [], ...common };
  }
  const specification = runningSpecification(wanted, newest);
  const next = afterCompletion(wanted, held, newest, nowMs);
  return {
    current: { generation: newest.generation, specification, held: newest },
    ...retire(held.slice(0, -1), held, overlap.ms, nowMs),
    deferred: differences(wanted.specification, specification),
    ...(next === undefined ? {} : { next }),
    ...common,
  };
}

/** Plans one more `up` at the same time, as if the newest generation were complete by then. */
function afterCompletion(
  wanted: WantedSlot,
  held: readonly HeldGeneration[],
  newest: HeldGeneration,
  nowMs: number,
): SlotPlan["next"] {
  if (isComplete(newest)) return undefined;
  const { generation, hasSigningKey, stored, application } = newest;
  const made = { applicationId: undefined, clientId: undefined, createdAtMs: nowMs };
  const completed: HeldGeneration = {
    generation,
    hasSigningKey,
    isStored: true,
    application: application ?? { ...made, specification: wanted.specification },
    stored: stored ?? { storedAt: new Date(nowMs).toISOString(), versionId: "" },
  };
  const { reason, retired } = planSlot(wanted, [...held.slice(0, -1), completed], nowMs);
  const going = retired.map((one) => one.generation);
  if (reason === undefined && (going.length === 0 || wanted.rotation?.overlap.ms === 0)) return undefined;
  return { ...(reason === undefined ? {} : { reason }), retired: going };
}

function isComplete({ isStored, application }: HeldGeneration): boolean {
  return isStored && application !== undefined;
}

/** While credentials are rotated, an existing application keeps its specification. */
function runningSpecification(
  { rotation, specification }: WantedSlot,
  { application }: HeldGeneration,
): Specification {
  return rotation === undefined || application === undefined ? specification : application.specification;
}

/** A generation that is not stored yet is completed first: it never gets a successor. */
function successorReason(wanted: WantedSlot, newest: HeldGeneration, nowMs: number): string | undefined {
  const { rotation, specification } = wanted;
  const { application, isStored } = newest;
  if (rotation === undefined || application === undefined || !isStored) return undefined;
  const changed = differences(specification, application.specification);
  // A key of the customer's own follows no calendar: a change that waited for it would wait for ever.
  const isImmediate = rotation.changes === "immediately" || specification.customerKey !== undefined;
  if (changed.length > 0 && isImmediate) return `the configuration changes ${changed.join(", ")}`;
  const due = calendarOf(wanted, newest);
  return due === undefined || due.ms > nowMs ? undefined : due.why;
}

function calendarOf(
  { rotation, specification }: WantedSlot,
  { application }: HeldGeneration,
): DueDate | undefined {
  const madeAtMs = application?.createdAtMs;
  if (rotation === undefined || madeAtMs === undefined || specification.customerKey !== undefined)
    return undefined;
  return dueDate(rotation, madeAtMs);
}

/**
 * Divides the generations before the current one into those that stay and those that are deleted. None is
 * deleted while the newest one in the state is incomplete, or because of a successor that is not stored yet;
 * without any overlap, the engine deletes them after everything new was created.
 */
function retire(
  before: readonly HeldGeneration[],
  held: readonly HeldGeneration[],
  overlapMs: number,
  nowMs: number,
): Pick<SlotPlan, "retiring" | "retired"> {
  const newest = held.at(-1);
  const isNewestComplete = newest !== undefined && isComplete(newest);
  // Without its application a generation is useless.
  const all = before.flatMap((generation) => toRetiring(generation, held, overlapMs) ?? []);
  const isOver = ({ endsAtMs }: RetiringGeneration): boolean =>
    overlapMs === 0 || (isNewestComplete && endsAtMs !== undefined && endsAtMs <= nowMs);
  return { retiring: all.filter((generation) => !isOver(generation)), retired: all.filter(isOver) };
}

function toRetiring(
  generation: HeldGeneration,
  held: readonly HeldGeneration[],
  overlapMs: number,
): RetiringGeneration | undefined {
  if (generation.application === undefined) return undefined;
  const endsAtMs = endOf(generation, held, overlapMs);
  return {
    generation: generation.generation,
    specification: generation.application.specification,
    held: generation,
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
  };
}

/** The overlap starts when the successor was stored, not at the date in the calendar. */
function endOf(
  { generation }: HeldGeneration,
  held: readonly HeldGeneration[],
  overlapMs: number,
): number | undefined {
  const successor = held.find((later) => later.generation > generation && later.stored !== undefined);
  return successor?.stored === undefined ? undefined : Date.parse(successor.stored.storedAt) + overlapMs;
}

/** When, and why, a generation gets a successor by the calendar. */
export interface DueDate {
  ms: number;
  /** The setting that causes it: `every 90d`. */
  why: string;
}

/**
 * Returns the instant at which a generation gets a successor: the earlier of its age `every` and the next
 * `rotateAt` after its creation, which is day 0 for both. An `up` that comes late therefore shifts what
 * follows.
 */
export function dueDate({ every, rotateAt }: RotationConfiguration, madeAtMs: number): DueDate | undefined {
  const byAge = every === undefined ? [] : [{ ms: madeAtMs + every.ms, why: `every ${every.text}` }];
  const byDate = rotateAt
    .filter(({ ms }) => ms > madeAtMs)
    .map(({ ms, text }) => ({ ms, why: `rotateAt ${text}` }));
  return [...byDate, ...byAge].toSorted((a, b) => a.ms - b.ms)[0];
}
