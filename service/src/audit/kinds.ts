/** What the service records. Each is an event of the chain. */
export const eventKinds = [
  // What happens to a request: the events of the state machine.
  "requested",
  "planned",
  "plannedAndApproved",
  "plannedNothing",
  "planFailed",
  "approvalGiven",
  "approved",
  "refused",
  "approvalsRevoked",
  "approvalNotVerified",
  "glassBroken",
  "glassReviewed",
  "withdrawn",
  "expired",
  "applyStarted",
  "planChanged",
  "planOutdated",
  "applied",
  "applyFailed",
  "retried",
  // What the runner does meanwhile.
  "progress",
  "outsideUpdate",
  "leaseTakenOver",
  // Who comes, and what they look at.
  "logIn",
  "logOut",
  "accessRefused",
  "rolesChanged",
  "recordRead",
  "auditRead",
  "exported",
  // What changes how the service works.
  "ruleChanged",
  "paused",
  "resumed",
  "personForgotten",
  "chainBroken",
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Those of a request that everybody sees who may see the request. */
export const shownKinds: readonly EventKind[] = eventKinds.slice(0, eventKinds.indexOf("outsideUpdate"));
