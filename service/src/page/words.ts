import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/resource-types";
import { z } from "zod";

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
    next: "Read the problem below, correct it, and retry. It goes on where it stopped.",
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
  provisioned: "Provisioned",
};

const stepSchema = z.object({
  operation: z.string(),
  type: z.string(),
  name: z.string(),
  state: z.enum(["begun", "done", "failed"]),
});

/** The resources that people know, each by its noun; the engine has others of its own. */
const nouns: Readonly<Record<string, string>> = {
  [tenantType]: "the tenant",
  [tenantApplicationType]: "the application",
  [signingKeyType]: "the key pair",
  [secretType]: "the secret",
  [secretVersionType]: "the credentials of",
};

/** What the engine calls its steps, in words: while it is done, and once it is. */
const verbs: Readonly<Record<string, readonly [begun: string, done: string]>> = {
  create: ["Creating", "Created"],
  "create-replacement": ["Creating", "Created"],
  update: ["Changing", "Changed"],
  delete: ["Deleting", "Deleted"],
  "delete-replaced": ["Deleting", "Deleted"],
  import: ["Taking over", "Took over"],
};

/** Says in words what happened; undefined for what concerns nobody but the engine. */
export function wordsOfEvent(kind: string, data: Readonly<Record<string, unknown>>): string | undefined {
  if (kind !== "progress") return eventWords[kind] ?? kind;
  const recovered = z.array(z.string()).safeParse(data["recovered"]).data;
  if (recovered !== undefined)
    return `A worker was interrupted, and another one goes on: ${recovered.join("; ")}`;
  const step = stepSchema.safeParse(data["step"]).data;
  return step === undefined ? undefined : wordsOfStep(step);
}

function wordsOfStep({ operation, type, name, state }: z.output<typeof stepSchema>): string | undefined {
  const [noun, verb] = [nouns[type], verbs[operation]];
  if (noun === undefined || verb === undefined) return undefined;
  const [begun, done] = type === secretVersionType && operation === "create" ? ["Storing", "Stored"] : verb;
  const what = `${noun} ${name}`;
  if (state === "failed") return `${begun} ${what} did not succeed`;
  return state === "begun" ? `${begun} ${what}` : `${done} ${what}`;
}

/** Writes a time for people, with the instant in the attribute beside it. */
export function timeWords(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}
