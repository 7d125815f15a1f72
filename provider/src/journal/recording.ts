import { randomUUID } from "node:crypto";

import { mayHaveHappened, TenantManagementError } from "../client/errors";
import { messageOf } from "../client/text";
import { endsWithin } from "../concurrency";
import { NotDeliveredError } from "./audit-log";
import { type RecordedAs, recordedAs } from "./chain";
import type { EventEntry } from "./entry";
import {
  type IntentEvent,
  type JournalEvent,
  type Outcome,
  type RecordedOperation,
  type RecordedParameters,
  type RecordedType,
  type ResultEvent,
  toRecordedParameters,
} from "./event";

/** How long to wait for a result to be recorded, its copy in the audit log included. */
const usualPatienceMs = 15_000;

/** Who runs this, where, and what runs: see `eventSchema`. */
export interface Provenance {
  actor: string;
  claimedActor?: string;
  awsIdentity?: string;
  commit?: string;
  runUrl?: string;
  versions?: { package: string; engine?: string; node: string };
}

/** The fields that all events of one run share. */
export interface RunOnRecord extends Provenance {
  stage: string;
  apiUrl: string;
  /** The hosts that the environment allowed beside the vendor's (`TENANTS_ALLOWED_HOSTS`). */
  allowedHosts?: readonly string[];
  /** The reason, in the actor's words. */
  reason: string | undefined;
}

/** An intended operation. */
export interface Intended {
  type: RecordedType;
  operation: RecordedOperation;
  /** `organization/project/stack`. */
  stack: string;
  /** The resource's name in it. */
  slot: string;
  tenantId?: string;
  applicationId?: string;
  /** The requested parameters; only those that `parameters.ts` lists are recorded. */
  parameters?: RecordedParameters;
  /** The ids of the tenant's applications that were there before. */
  known?: string[];
}

/** The result. */
export interface Ending {
  outcome: Outcome;
  tenantId?: string;
  applicationId?: string;
  clientId?: string;
  /** Never a credential. */
  message?: string;
}

/** An intent on durable record that has no result yet. */
export interface Recording {
  readonly intent: IntentEvent;
  /** The event of the intent. */
  readonly announcedAs: RecordedAs;
  /**
   * Records the result. It never throws and always returns: what was done must reach the state even if recording fails.
   * A result that takes too long may still be recorded.
   *
   * @returns Resolves with the event of the result; undefined if it was not confirmed in time.
   */
  end(ending: Ending): Promise<RecordedAs | undefined>;
  /** Records a result other than success: failed, unknown, or an incomplete answer. */
  fail(error: unknown): Promise<RecordedAs | undefined>;
}

/** Puts an event on durable record, and resolves with it as the journal has it. */
export type Append = (event: JournalEvent) => Promise<EventEntry>;

/**
 * Records an intent before it is executed.
 *
 * @param append puts an event on durable record; if it throws for the intent, so does this function, and
 * nothing may be sent
 * @param patienceMs how long to wait for the result to be recorded; default: 15 s
 */
export async function startRecording(
  append: Append,
  run: RunOnRecord,
  intended: Intended,
  patienceMs = usualPatienceMs,
): Promise<Recording> {
  const { parameters = {}, ...ofObject } = intended;
  const intent: IntentEvent = {
    ...commonOf(run, ofObject),
    event: "intent",
    parameters: toRecordedParameters(intended.type, parameters),
  };
  const end = async (ending: Ending): Promise<RecordedAs | undefined> => {
    const what = `the result of ${intent.operation} ${intent.slot} (${ending.outcome})`;
    let where: RecordedAs | undefined;
    const recorded = settleIntent(append, run, intent, ending)
      .catch((error: unknown) => {
        if (!(error instanceof NotDeliveredError)) throw error;
        console.warn(`warning: ${what} is recorded only in the journal: ${messageOf(error)}`);
        return error.entry;
      })
      .then((entry) => {
        where = recordedAs(entry);
      })
      .catch((error: unknown) => {
        console.warn(`warning: ${what} could not be recorded: ${messageOf(error)}`);
      });
    if (await endsWithin(recorded, patienceMs)) return where;
    console.warn(
      `warning: ${what} is not fully recorded after ${patienceMs / 1000} s; the update continues and saves it in the state`,
    );
    return undefined;
  };
  try {
    const announcedAs = recordedAs(await append(intent));
    return { intent, announcedAs, end, fail: (error) => end(failure(intent.type, error)) };
  } catch (error) {
    // The intent is in the journal: it must not look as if a request may have been sent.
    if (error instanceof NotDeliveredError) await end({ outcome: "failed", message: messageOf(error) });
    throw error;
  }
}

/**
 * Records the result of an intent, possibly of another run that was killed.
 *
 * @param append puts an event on durable record; if it throws, so does this function
 * @returns Resolves with the result, as in the journal.
 */
export async function settleIntent(
  append: Append,
  run: RunOnRecord,
  { id, at, type, operation, stack, slot, tenantId, applicationId }: IntentEvent,
  ending: Ending,
): Promise<EventEntry> {
  const ids = {
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(applicationId === undefined ? {} : { applicationId }),
  };
  const common = commonOf(run, { type, operation, stack, slot, ...ids });
  const result: ResultEvent = {
    ...common,
    ...ending,
    event: "result",
    intent: id,
    durationMs: Date.parse(common.at) - Date.parse(at),
  };
  return append(result);
}

/** Returns the fields of every event of this moment. */
function commonOf(
  { stage, apiUrl, allowedHosts = [], reason, ...provenance }: RunOnRecord,
  intended: Omit<Intended, "parameters">,
) {
  const { stack, slot, operation, ...ids } = intended;
  return {
    v: 2 as const,
    ...provenance,
    ...(reason === undefined ? {} : { reason }),
    stack,
    stage,
    apiUrl,
    ...(allowedHosts.length === 0 ? {} : { allowedHosts: [...allowedHosts] }),
    slot,
    operation,
    ...ids,
    id: randomUUID(),
    at: new Date().toISOString(),
  };
}

function failure(type: RecordedType, error: unknown): Ending {
  const message = messageOf(error);
  const made = error instanceof TenantManagementError ? error.made : undefined;
  if (made !== undefined) {
    const { objectId, clientId } = made;
    return {
      outcome: "made",
      message,
      ...(type === "Tenant" ? { tenantId: objectId } : { applicationId: objectId }),
      ...(clientId === undefined ? {} : { clientId }),
    };
  }
  const isAtVendor = type === "Tenant" || type === "TenantApplication";
  const isUnknown = isAtVendor ? mayHaveHappened(error) : !isRefusedByAws(error);
  return { outcome: isUnknown ? "unknown" : "failed", message };
}

/** Any other failure of AWS or of a command of the engine leaves open what was done. */
function isRefusedByAws(error: unknown): boolean {
  return error instanceof Error && "$fault" in error && error.$fault === "client";
}
