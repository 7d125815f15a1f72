import type { RequestKind, RequestState } from "./request";

/** The names of the kinds of request, for people. */
export const kindWords: Readonly<Record<RequestKind, string>> = {
  createCustomer: "New customer",
  changeCustomer: "Change a customer",
  adopt: "Take over a tenant",
  rotate: "Rotate credentials",
  deprecate: "Deprecate a customer",
  delete: "Delete a customer",
  release: "Hand a customer over",
  upgrade: "Upgrade customers",
};

/** The names of the states, for people. What happens next is in `next-step.ts`. */
export const stateWords: Readonly<Record<RequestState, string>> = {
  previewing: "Being planned",
  waitingForApproval: "Waiting for approval",
  queued: "In the queue",
  applying: "Being applied",
  done: "Done",
  failed: "Failed",
  refused: "Refused",
  withdrawn: "Withdrawn",
  expired: "Expired",
};
