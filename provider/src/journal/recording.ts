import { randomUUID } from "node:crypto";

import { mayHaveHappened, messageOf, TenantManagementError } from "../client/errors";
import type { IntentEvent, JournalEvent, Outcome, RecordedType, ResultEvent } from "./event";

/** What all events of one run have in common. */
export interface RunOnRecord {
  actor: string;
  stage: string;
  apiUrl: string;
}

/** What is about to be done. */
export interface Intended {
  type: RecordedType;
  operation: "create" | "delete";
  /** `organization/project/stack`. */
  stack: string;
  /** The resource's name in it. */
  slot: string;
  tenantId?: string;
  applicationId?: string;
  /** Never a credential. */
  parameters?: Record<string, unknown>;
  /** The ids of the tenant's applications that were there before. */
  known?: string[];
}

/** What came of it. */
export interface Ending {
  outcome: Outcome;
  tenantId?: string;
  applicationId?: string;
  clientId?: string;
  /** Never a credential. */
  message?: string;
}

/** An intent that is on durable record, and waits for its result. */
export interface Recording {
  readonly intent: IntentEvent;
  /** Records the result. It never throws: what was done is done, and must reach the state whatever becomes of the record. */
  end(ending: Ending): Promise<void>;
  /** Records that it did not end well: that it failed, that nobody knows, or that the answer is not whole. */
  fail(error: unknown): Promise<void>;
}

/**
 * Records what is about to be done, before it is done.
 *
 * @param append puts an event on durable record; where it throws for the intent, so does this, and nothing may be sent
 */
export async function startRecording(
  append: (event: JournalEvent) => Promise<void>,
  run: RunOnRecord,
  intended: Intended,
): Promise<Recording> {
  const { operation, stack, slot, parameters = {}, ...ids } = intended;
  const { actor, stage, apiUrl } = run;
  const common = { v: 1, actor, stack, stage, apiUrl, slot, operation } as const;
  const startedAtMs = Date.now();
  const intent: IntentEvent = {
    ...common,
    ...ids,
    id: randomUUID(),
    at: new Date(startedAtMs).toISOString(),
    event: "intent",
    parameters,
  };
  await append(intent);
  const end = async (ending: Ending): Promise<void> => {
    const { type, tenantId, applicationId } = ids;
    const now = new Date();
    const result: ResultEvent = {
      ...common,
      type,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(applicationId === undefined ? {} : { applicationId }),
      ...ending,
      id: randomUUID(),
      at: now.toISOString(),
      event: "result",
      intent: intent.id,
      durationMs: now.getTime() - startedAtMs,
    };
    await append(result).catch((error: unknown) => {
      console.warn(
        `warning: what became of ${operation} ${slot} (${ending.outcome}) could not be recorded: ${messageOf(error)}`,
      );
    });
  };
  return { intent, end, fail: (error) => end(failure(intent.type, error)) };
}

function failure(type: RecordedType, error: unknown): Ending {
  const message = messageOf(error);
  const madeId = error instanceof TenantManagementError ? error.made?.objectId : undefined;
  if (madeId !== undefined) {
    return {
      outcome: "made",
      message,
      ...(type === "Tenant" ? { tenantId: madeId } : { applicationId: madeId }),
    };
  }
  return { outcome: mayHaveHappened(error) ? "unknown" : "failed", message };
}
