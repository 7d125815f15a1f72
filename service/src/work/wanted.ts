import { parseJson, slotName } from "pulumi-resistant-tenants/internal/vocabulary";
import type { CustomerConfiguration } from "resistant-tenants-stacks/configuration";

import { type Entry, readEntry } from "../requests/entry";
import type { NewRequest } from "../requests/request";
import type { StackSources } from "../settings/stage-configuration";

/** The state of a customer that a request wants. */
export interface Wanted {
  /** The customer's entry afterwards; undefined if it is deleted. */
  entry: Entry | undefined;
  /** The customer's status afterwards. */
  status: "active" | "deprecated" | "released" | "deleted";
  /** Until when it is needed: a date; null for no date, undefined if unchanged. */
  endsOn?: string | null;
  /** The applications to rotate, with their present clients. */
  rotates?: readonly { slot: string; clientId: string }[];
}

/** An application on record. */
export interface RecordedApplication {
  cell: string;
  purpose: string;
  clientId: string;
  /** RFC 3339, by the vendor's clock. */
  createdAt: string;
}

/** The state that a request starts from. */
export interface Present {
  stage: string;
  /** The last applied entry of the customer; for a new one, the requested entry. */
  entry: Entry;
  settings: StackSources;
  /** When the request was sent: a plan that is made again wants the same. */
  askedAt: Date;
  /** The applications of the record that the request was based on. */
  askedOf?: readonly RecordedApplication[];
  /** The applications of the present record. */
  recorded?: readonly RecordedApplication[];
}

/** Returns the customer's entry that a request wants. */
export function wantedBy(asked: NewRequest, present: Present): Wanted {
  const { entry } = present;
  switch (asked.kind) {
    case "createCustomer":
    case "adopt":
    case "changeCustomer":
      return {
        entry: asked.customer,
        status: statusOf(asked.customer),
        ...(asked.endsOn === undefined ? {} : { endsOn: asked.endsOn }),
      };
    case "rotate":
      return { ...rotated(present, asked.customer.application), status: statusOf(entry) };
    case "deprecate":
      return { entry: { ...entry, status: "deprecated" }, status: "deprecated" };
    case "release":
      return { entry: { ...entry, status: "released" }, status: "released" };
    case "delete":
      return { entry: undefined, status: "deleted" };
    case "upgrade":
      return { entry, status: statusOf(entry) };
  }
}

function statusOf({ status }: Entry): Wanted["status"] {
  return status === "deprecated" || status === "released" ? status : "active";
}

/** Thrown for a rotation that cannot be done. */
export class RotationError extends Error {
  override readonly name = "RotationError";
}

/**
 * Schedules a rotation for the time of the request: an instant in the past is due, and done once. Only the
 * requested applications get it; their rotation otherwise stays, or is the stage's. An application whose
 * client has changed was rotated since, and is skipped.
 */
function rotated(
  { stage, settings, entry, askedAt, askedOf = [], recorded = [] }: Present,
  only: { cell: string; purpose: string } | undefined,
): Pick<Wanted, "entry" | "rotates"> {
  const known = customerOf(settings, stage, entry);
  const isMeant = ({ cell, purpose, publicKey }: CustomerConfiguration["applications"][number]): boolean =>
    only === undefined ? publicKey === undefined : cell === only.cell && purpose === only.purpose;
  const meant = known.applications.filter(isMeant);
  if (meant.length === 0)
    throw new RotationError(
      only === undefined
        ? `Customer ${known.name} has no application whose credentials can be rotated.`
        : `Customer ${known.name} has no application ${only.cell}/${only.purpose}.`,
    );
  if (meant.some(({ publicKey }) => publicKey !== undefined))
    throw new RotationError("Its key is the customer's own: to rotate it, change `publicKey`.");
  const ofStage = rotationOf(settings, stage);
  const declared = Array.isArray(entry["applications"]) ? (entry["applications"] as Entry[]) : [];
  const rotates: { slot: string; clientId: string }[] = [];
  const applications = known.applications.map((application): Entry => {
    const { cell, purpose } = application;
    const own = declared.find((one) => one["cell"] === cell && (one["purpose"] ?? "default") === purpose);
    const before = find(askedOf, application);
    const now = find(recorded, application);
    const isRotatedSince = before !== undefined && now !== undefined && before.clientId !== now.clientId;
    if (!isMeant(application) || isRotatedSince) return own ?? { cell, purpose };
    const running = before ?? now;
    if (running !== undefined)
      rotates.push({ slot: slotName(known.name, application), clientId: running.clientId });
    const instant = instantAfter(running, askedAt);
    const rotation = withInstant(own?.["rotation"] ?? ofStage, instant);
    return { ...(own ?? { cell, purpose }), rotation };
  });
  return rotates.length === 0 && askedOf.length > 0
    ? { entry, rotates }
    : { entry: { ...entry, applications }, rotates };
}

/** Returns the stage's rotation as an object, as stacks read it: it may also be JSON in a text. */
function rotationOf({ stages }: StackSources, stage: string): unknown {
  const given = stages[stage]?.configuration["tenants:rotation"];
  return typeof given === "string" ? parseJson(given) : given;
}

function find(
  applications: readonly RecordedApplication[],
  { cell, purpose }: { cell: string; purpose: string },
): RecordedApplication | undefined {
  return applications.find((one) => one.cell === cell && one.purpose === purpose);
}

/**
 * The calendar counts only instants after the creation of the current client, by the vendor's clock, which
 * may be ahead of ours.
 */
function instantAfter(running: RecordedApplication | undefined, askedAt: Date): string {
  const createdAtMs = Date.parse(running?.createdAt ?? "");
  return new Date(Math.max(askedAt.getTime(), Number.isNaN(createdAtMs) ? 0 : createdAtMs + 1)).toISOString();
}

/** Past instants of `rotateAt` are done and dropped. */
function withInstant(rotation: unknown, instant: string): Entry {
  const own = typeof rotation === "object" && rotation !== null ? (rotation as Entry) : {};
  const dates = Array.isArray(own["rotateAt"]) ? own["rotateAt"].map(String) : [];
  const later = dates.filter((date) => Date.parse(date) > Date.parse(instant));
  return { ...own, rotateAt: [instant, ...later] };
}

/** @throws with all problems, if the stage's configuration has changed since the entry was checked */
function customerOf(settings: StackSources, stage: string, entry: Entry): CustomerConfiguration {
  const read = readEntry(settings, stage, entry);
  if ("customer" in read) return read.customer;
  throw new RotationError(read.problems.map(({ path, problem }) => `${path}: ${problem}`).join("; "));
}
