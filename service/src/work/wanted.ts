import type { CustomerConfiguration } from "resistant-tenants-stacks/configuration";

import { type Entry, readEntry, type StageSettings } from "../requests/entry";
import type { NewRequest } from "../requests/request";

/** What a request wants a customer to be. */
export interface Wanted {
  /** The customer's entry afterwards; undefined where it is deleted. */
  entry: Entry | undefined;
  /** The customer's status afterwards. */
  status: "active" | "deprecated" | "released" | "deleted";
}

/** What a request starts from. */
export interface Present {
  stage: string;
  /** The customer's entry as it was applied last; of a new one, as it was asked for. */
  entry: Entry;
  settings: StageSettings;
  /** When it was asked for: a plan that is made again wants the same. */
  askedAt: Date;
}

/** Gives the customer's entry that a request wants. */
export function wantedBy(asked: NewRequest, { stage, entry, settings, askedAt }: Present): Wanted {
  switch (asked.kind) {
    case "createCustomer":
    case "adopt":
    case "changeCustomer":
      return { entry: asked.customer, status: statusOf(asked.customer) };
    case "rotate": {
      const { application } = asked.customer;
      const rotating = rotated(entry, { stage, settings, askedAt }, application);
      return { entry: rotating, status: statusOf(entry) };
    }
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

/** What is wrong with a rotation that was asked for. */
export class RotationError extends Error {
  override readonly name = "RotationError";
}

/**
 * Has credentials rotated at the time at which it was asked for: an instant that is past is due, and done once. Only the
 * applications that are meant get it; their rotation is otherwise as it was, the stage's where they have none of their own.
 */
function rotated(
  entry: Entry,
  { stage, settings, askedAt }: Omit<Present, "entry">,
  only: { cell: string; purpose: string } | undefined,
): Entry {
  const known = configurationOf(stage, settings, entry);
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
  const declared = Array.isArray(entry["applications"]) ? (entry["applications"] as Entry[]) : [];
  const instant = `${askedAt.toISOString().slice(0, 19)}Z`;
  const applications = known.applications.map((application): Entry => {
    const { cell, purpose } = application;
    const own = declared.find((one) => one["cell"] === cell && (one["purpose"] ?? "default") === purpose);
    if (!isMeant(application)) return own ?? { cell, purpose };
    const rotation = withInstant(own?.["rotation"] ?? settings.configuration["tenants:rotation"], instant);
    return { ...(own ?? { cell, purpose }), rotation };
  });
  return { ...entry, applications };
}

/** Instants that are past were rotated at. */
function withInstant(rotation: unknown, instant: string): Entry {
  const own = typeof rotation === "object" && rotation !== null ? (rotation as Entry) : {};
  const dates = Array.isArray(own["rotateAt"]) ? own["rotateAt"].map(String) : [];
  const later = dates.filter((date) => Date.parse(date) > Date.parse(instant));
  return { ...own, rotateAt: [instant, ...later] };
}

/** @throws with everything that is wrong, where the stage's configuration has changed since the entry was checked */
function configurationOf(stage: string, settings: StageSettings, entry: Entry): CustomerConfiguration {
  const read = readEntry(stage, settings, entry);
  if ("customer" in read) return read.customer;
  throw new RotationError(read.problems.map(({ path, problem }) => `${path}: ${problem}`).join("; "));
}
