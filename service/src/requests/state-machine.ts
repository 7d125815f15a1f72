import type { RequestState } from "./request";

/** What happens to a request. */
export type RequestEvent =
  /** A plan was made, and its stage needs approvals of it. */
  | "planned"
  /** A plan was made that needs no approval, or whose approvals are all there. */
  | "plannedAndApproved"
  /** The plan would change nothing: what was asked for is so already. */
  | "plannedNothing"
  /** The plan could not be made. */
  | "planFailed"
  /** The last approval that the rule asks for was given. */
  | "approved"
  /** An administrator breaks the glass: no second person approves beforehand. */
  | "glassBroken"
  | "refused"
  | "withdrawn"
  | "expired"
  /** The worker holds the customer's lease, has checked the approvals again, and starts the engine. */
  | "applyStarted"
  /** Just before the engine started, the plan was found to be another: its approvals are revoked. */
  | "planChanged"
  | "applied"
  | "applyFailed"
  /** An administrator has it tried again. */
  | "retried"
  /** The starting state has changed, by another request's apply. */
  | "planOutdated";

type Ways = Readonly<Partial<Record<RequestEvent, RequestState>>>;

/**
 * The states of a request, and the ways between them: the one place where they stand. The only way to `applying` is from
 * `queued`; the ways to `queued` are approvals, a stage that needs none, and a broken glass.
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

/** The states that a request comes to only with the approvals of its present plan: see `transition.ts`. */
export const approvedStates: readonly RequestState[] = ["queued", "applying"];

/** The states in which a request has ended for good. */
export const endStates: readonly RequestState[] = Object.entries(ways)
  .filter(([, leaving]) => Object.keys(leaving).length === 0)
  .map(([state]) => state as RequestState);

/** Is thrown where an event cannot happen to a request in its state. */
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
 * Gives the state after an event.
 *
 * @throws {@link WrongStateError} where the table has no such way
 */
export function next(state: RequestState, event: RequestEvent): RequestState {
  const after = ways[state][event];
  if (after === undefined) throw new WrongStateError(state, event);
  return after;
}
