import type { RequestKind, RequestState } from "./request";

/** What people call a request of each kind. */
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

/** What people call a request's state. What happens next is in `next-step.ts`. */
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
