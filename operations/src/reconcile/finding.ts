import type { Ending, IntentEvent, ResultEvent } from "pulumi-resistant-tenants/internal/journal";

import type { Lock } from "../stack/lock";

/** The kinds of findings, with their titles in a table. */
export const findingTitles = {
  unreadableRecord: "unreadable record",
  locked: "locked",
  pendingOperation: "pending operation",
  orphanedTenant: "orphaned tenant",
  orphanedApplication: "orphaned application",
  doubled: "doubled",
  lostTenant: "lost tenant",
  lostApplication: "lost application",
  partlyMade: "partly made",
  changedSecret: "changed secret",
  unmanagedTenant: "unmanaged tenant",
  unmanagedApplication: "unmanaged application",
  openIntent: "open intent",
  moved: "moved to another stack",
  gone: "gone",
} as const;
/** The kind of a finding. */
export type FindingKind = keyof typeof findingTitles;

/** What `--fix` can do about a finding. */
export type Fix =
  | { action: "cancelLock"; locks: readonly Lock[] }
  | { action: "deleteApplication"; tenantId: string; applicationId: string; slot: string }
  | { action: "deleteEmptySecret"; secretName: string; arn: string; slot: string }
  | { action: "clearPendingCreate"; urn: string; slot: string }
  | ({ action: "recordGone" } & RecordedPlace)
  | ({ action: "recordMove"; to: string } & RecordedPlace)
  | {
      action: "settleIntent";
      intentId: string;
      ending: { outcome: "made" | "adopted" | "gone" | "released" | "failed" | "unknown" } & Pick<
        Ending,
        "tenantId" | "applicationId" | "clientId"
      >;
      operation: string;
      slot: string;
    };

/** An object that the stack has on record, but no longer in its state. */
export interface RecordedPlace {
  type: "Tenant" | "TenantApplication";
  slot: string;
  tenantId: string;
  applicationId?: string;
}

/** One of the applications that a finding is about. */
export interface Candidate {
  applicationId: string;
  clientId: string;
  /** Whether a resource of the state is this application. */
  isHeld: boolean;
}

/** One difference between the journal, the state and the API. It never contains a credential. */
export interface Finding {
  kind: FindingKind;
  /** `todo`: someone must act. `note`: harmless, or perhaps another stack's. */
  severity: "todo" | "note";
  /** The resource's name in the stack. */
  slot?: string;
  urn?: string;
  tenantId?: string;
  tenantName?: string;
  applicationId?: string;
  clientId?: string;
  cell?: string;
  authMethod?: string;
  secretArn?: string;
  candidates?: Candidate[];
  /** The cause. */
  why: string;
  /** What to do, in order: commands, and lines for the configuration. */
  next: string[];
  fix?: Fix;
}

/* What is said alike of tenants and of applications. */

/** An object of a finished create is on record, and in no state. */
export function recordedOnly({ outcome, at, actor }: Pick<ResultEvent, "outcome" | "at" | "actor">): string {
  return `This stack recorded it as ${outcome} (${at}, by ${actor}), but the state does not contain it`;
}

/** A create was sent. */
export function createStarted({ at, actor }: Pick<IntentEvent, "at" | "actor">): string {
  return `Its create was started ${at} by ${actor}`;
}

/** A deletion was sent. */
export const deletionUnanswered =
  "This stack started its deletion, and the answer never arrived: it is deleted.";

/** The journal has another stack's create. */
export function createdForStack(stack: string): string {
  return `The journal records that it was created for the stack ${stack}.`;
}
