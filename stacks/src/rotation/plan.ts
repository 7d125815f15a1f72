import { defaultOverlap, type RotationConfiguration } from "../configuration/rotation";
import type { HeldGeneration } from "./held-generations";
import { differences, type Specification } from "./specification";

/** What the configuration wants of one slot. */
export interface WantedSlot {
  specification: Specification;
  /** Absent where its credentials are not rotated: then a change takes effect at once, without an overlap. */
  rotation?: RotationConfiguration | undefined;
}

/** A generation that is declared. */
export interface DeclaredGeneration {
  generation: number;
  specification: Specification;
  /** What the stack held of it when its last update ended. */
  held?: HeldGeneration;
}

/** A generation that another one follows. */
export interface RetiringGeneration extends DeclaredGeneration {
  held: HeldGeneration;
  /** When it is deleted, in milliseconds since 1970; undefined while its successor is not stored. */
  endsAtMs?: number;
}

/** What one `up` does with a slot. */
export interface SlotPlan {
  /** Its credentials are, or become, the secret's `AWSCURRENT`. */
  current: DeclaredGeneration;
  /** Those before it that stay, oldest first. */
  retiring: RetiringGeneration[];
  /** Those that go. */
  retired: RetiringGeneration[];
  /** Why the current one is made now, where it follows another. */
  reason?: string;
  /**
   * What one more `up` does, where this one only completes what an earlier run did not end: why there is a successor,
   * if there is one, and which generations go.
   */
  next?: { reason?: string; retired: number[] };
  /** What the configuration has otherwise than the current one was made with, and takes effect with the next. */
  deferred: string[];
  /** When the newest one that the stack held gets, or should have got, a successor; absent where no calendar says so. */
  due?: DueDate;
  overlap: RotationConfiguration["overlap"];
}

/**
 * Computes which generation of a slot's credentials is current, which stay, and which go.
 *
 * @param held what the stack held of the slot when its last update ended, oldest first
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

/** While credentials are rotated, an application that was made stays as it was made. */
function runningSpecification(
  { rotation, specification }: WantedSlot,
  { application }: HeldGeneration,
): Specification {
  return rotation === undefined || application === undefined ? specification : application.specification;
}

/** One that is not stored yet is completed first: it never gets a successor. */
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
 * Divides the generations before the current one into those that stay and those that go. None goes while the newest one
 * that the stack held is not complete, or on the strength of a successor that is not stored yet; unless there is no
 * overlap at all, and then the engine deletes them once all that is new was made.
 */
function retire(
  before: readonly HeldGeneration[],
  held: readonly HeldGeneration[],
  overlapMs: number,
  nowMs: number,
): Pick<SlotPlan, "retiring" | "retired"> {
  const newest = held.at(-1);
  const isNewestComplete = newest !== undefined && isComplete(newest);
  // Without its application nothing of a generation is of use.
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

/** The overlap runs from the moment the successor was stored, whatever the calendar says. */
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
  /** The part of the configuration that says so: `every 90d`. */
  why: string;
}

/**
 * Gives the instant at which a generation gets a successor: the first of its age of `every` and the `rotateAt` that
 * follow the moment it was made, which is day 0 of both. An `up` that comes late therefore shifts what follows.
 */
export function dueDate({ every, rotateAt }: RotationConfiguration, madeAtMs: number): DueDate | undefined {
  const byAge = every === undefined ? [] : [{ ms: madeAtMs + every.ms, why: `every ${every.text}` }];
  const byDate = rotateAt
    .filter(({ ms }) => ms > madeAtMs)
    .map(({ ms, text }) => ({ ms, why: `rotateAt ${text}` }));
  return [...byDate, ...byAge].toSorted((a, b) => a.ms - b.ms)[0];
}
