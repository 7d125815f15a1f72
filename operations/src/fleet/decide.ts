import { toCredentials } from "../credentials";
import { digestIn } from "./digest";
import type { FleetStack } from "./stage";
import type { FleetState } from "./states";

/** Why a stack is run or skipped. */
export type Why =
  /** It has no state. */
  | "new"
  /** Its customers, a setting or the release differ from those that it last applied. */
  | "changed"
  /** Its last run was interrupted, or something other than an `up` wrote its state. */
  | "interrupted"
  /** Its last run failed. */
  | "failed"
  /** A credential is due to be rotated or deleted. */
  | "due"
  /** It last applied exactly this. */
  | "nothing"
  /** It has no customers and contains nothing. */
  | "empty";

/** Returns whether a stack must run for this reason. */
export function isToRun(why: Why): boolean {
  return why !== "nothing" && why !== "empty";
}

/**
 * Decides whether a stack must run, from the engine's own records alone. It need not if its last run was a
 * successful `up` with this digest in its message, and nothing has written the state since.
 *
 * @param digest of the configuration to apply
 * @param nowMs milliseconds since 1970, by which credentials age
 */
export async function decide(
  { customers }: FleetStack,
  state: FleetState | undefined,
  digest: string,
  nowMs: number,
): Promise<Why> {
  if (state === undefined || state.writtenAtMs === undefined) return customers.length === 0 ? "empty" : "new";
  const { held, resources, lastRun, writtenAtMs } = state;
  if (held.pending.length > 0) return "interrupted";
  if (customers.length === 0 && holdsNothing(state)) return "empty";
  if (lastRun === undefined) return "interrupted";
  // The history has a resolution of one second.
  if (writtenAtMs >= lastRun.endedAtMs + 1000) return "interrupted";
  if (!lastRun.succeeded) return "failed";
  if (lastRun.kind !== "update" || digestIn(lastRun.message) !== digest) return "changed";
  const configurations = customers.map(({ configuration }) => configuration);
  const credentials = await toCredentials(configurations, [...resources], nowMs);
  return credentials.some(({ overdue, running }) => overdue.length > 0 || running === undefined)
    ? "due"
    : "nothing";
}

/** Returns whether a state contains nothing but the stack itself and its providers. */
export function holdsNothing({ resources, held }: Pick<FleetState, "resources" | "held">): boolean {
  const isOwn = (type: string): boolean =>
    type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");
  return held.pending.length === 0 && resources.every(({ type }) => isOwn(type));
}
