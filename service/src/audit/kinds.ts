/** The kinds of events in the chain. */
export const eventKinds = [
  // What happens to a request: the events of the state machine.
  "requested",
  "planned",
  "plannedAndApproved",
  "plannedNothing",
  "planFailed",
  "questionAsked",
  "questionAnswered",
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
  "leftUnapplied",
  // What the service's clock does with credentials.
  "rotatedByClock",
  "rotationFailed",
  "rotationBeyond",
  "rotationOverdue",
  // Log-ins, and what people read.
  "logIn",
  "logInRefused",
  "logOut",
  "accessRefused",
  "rolesChanged",
  "recordRead",
  "auditRead",
  "exported",
  // Changes of how the service works.
  "ruleChanged",
  "paused",
  "resumed",
  "personForgotten",
  "absenceBegun",
  "absenceEnded",
  "noticeNotDelivered",
  "chainBroken",
] as const;
export type EventKind = (typeof eventKinds)[number];

/** The kinds of a request's events that everyone sees who may see the request. */
export const shownKinds: readonly EventKind[] = eventKinds.slice(0, eventKinds.indexOf("outsideUpdate"));
