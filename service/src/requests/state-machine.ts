import type { RequestState } from "./request";

/** An event of a request. */
export type RequestEvent =
  /** A plan was made, and its stage requires approvals. */
  | "planned"
  /** A plan was made that needs no approval, or has all of them. */
  | "plannedAndApproved"
  /** The plan would change nothing: the request is already fulfilled. */
  | "plannedNothing"
  /** The plan could not be made. */
  | "planFailed"
  /** The last approval that the rule requires was given. */
  | "approved"
  /** An administrator uses break-glass: no second person approves beforehand. */
  | "glassBroken"
  | "refused"
  | "withdrawn"
  | "expired"
  /** The worker has the customer's lease, has checked the approvals again, and starts the engine. */
  | "applyStarted"
  /** Just before the engine started, the plan had changed: its approvals are revoked. */
  | "planChanged"
  | "applied"
  | "applyFailed"
  /** An administrator retries it. */
  | "retried"
  /** The starting state has changed, by another request's apply. */
  | "planOutdated";

type Ways = Readonly<Partial<Record<RequestEvent, RequestState>>>;

/**
 * The states of a request and their transitions, in one place. `applying` is reached only from `queued`;
 * `queued` only by approvals, in a stage that needs none, or by break-glass.
 */
export const ways: Readonly<Record<RequestState, Ways>> = {
  previewing: {
    planned: "waitingForApproval",
    plannedAndApproved: "queued",
    plannedNothing: "done",
    planFailed: "failed",
    withdrawn: "withdrawn",
    expired: "expired",
  },
  waitingForApproval: {
    approved: "queued",
    glassBroken: "queued",
    refused: "refused",
    withdrawn: "withdrawn",
    expired: "expired",
    planOutdated: "previewing",
  },
  queued: {
    applyStarted: "applying",
    planChanged: "previewing",
    planOutdated: "previewing",
    withdrawn: "withdrawn",
    expired: "expired",
  },
  applying: { applied: "done", applyFailed: "failed" },
  failed: { retried: "previewing", withdrawn: "withdrawn", expired: "expired" },
  done: {},
  refused: {},
  withdrawn: {},
  expired: {},
};

/** The states that a request reaches only with approvals of its present plan: see `transition.ts`. */
export const approvedStates: readonly RequestState[] = ["queued", "applying"];

/** The final states. */
export const endStates: readonly RequestState[] = Object.entries(ways)
  .filter(([, leaving]) => Object.keys(leaving).length === 0)
  .map(([state]) => state as RequestState);

/** Thrown if an event is not possible in a request's state. */
export class WrongStateError extends Error {
  override readonly name = "WrongStateError";

  constructor(
    readonly state: RequestState,
    readonly event: RequestEvent,
  ) {
    super(`A request that is ${state} cannot be ${event}.`);
  }
}

/**
 * Returns the state after an event.
 *
 * @throws {@link WrongStateError} if the table has no such transition
 */
export function next(state: RequestState, event: RequestEvent): RequestState {
  const after = ways[state][event];
  if (after === undefined) throw new WrongStateError(state, event);
  return after;
}
