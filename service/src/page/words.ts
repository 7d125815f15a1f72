import type { RequestKind, RequestState } from "../requests/request";

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

/** What people call a request's state, and what happens next. */
export const stateWords: Readonly<Record<RequestState, { label: string; next: string }>> = {
  previewing: {
    label: "Being planned",
    next: "The service works out what would change. This takes some seconds.",
  },
  waitingForApproval: { label: "Waiting for approval", next: "Somebody else must approve the plan below." },
  queued: { label: "In the queue", next: "It is approved, and starts as soon as a worker is free." },
  applying: {
    label: "Being carried out",
    next: "The plan is being carried out. Nobody needs to do anything.",
  },
  done: { label: "Done", next: "Nothing more is to be done." },
  failed: {
    label: "Failed",
    next: "Read the problem below. An administrator can have it tried again: it goes on where it stopped. Or withdraw it, and ask again with its fields filled in.",
  },
  refused: { label: "Refused", next: "Read the comment below. You can ask again with its fields filled in." },
  withdrawn: {
    label: "Withdrawn",
    next: "Nothing was changed. You can ask again with its fields filled in.",
  },
  expired: {
    label: "Expired",
    next: "Nobody completed it in time. You can ask again with its fields filled in.",
  },
};

/** What people call what happened to a request. */
const eventWords: Readonly<Record<string, string>> = {
  requested: "Asked for",
  planned: "The plan is ready, and waits for approval",
  plannedAndApproved: "The plan is ready, and needs no approval",
  plannedNothing: "Nothing needs to change: it is so already",
  planFailed: "The plan could not be made",
  approvalGiven: "Approved",
  approved: "All approvals are there",
  refused: "Refused",
  approvalsRevoked: "The plan changed: its approvals no longer count",
  approvalNotVerified: "An approval could not be verified, and does not count",
  glassBroken: "An administrator had it applied without a second person",
  glassReviewed: "A second person reviewed that",
  withdrawn: "Withdrawn",
  expired: "Expired",
  applyStarted: "A worker begins to carry it out",
  planChanged: "What would be done has changed since the approval: the plan is made again",
  planOutdated: "The customer has changed: the plan is made again",
  applied: "Carried out",
  applyFailed: "It could not be carried out to its end",
  retried: "It is tried again",
};

/** Says in words what happened: the worker's own, where it has some; undefined for what concerns the engine alone. */
export function wordsOfEvent(kind: string, data: Readonly<Record<string, unknown>>): string | undefined {
  if (kind !== "progress") return eventWords[kind] ?? kind;
  const { message } = data;
  return typeof message === "string" ? message : undefined;
}

/** Writes a time for people, with the instant in the attribute beside it. */
export function timeWords(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}
