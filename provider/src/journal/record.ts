import { messageOf } from "../client/text";
import { type AuditLog, NotDeliveredError } from "./audit-log";
import type { Outcome } from "./event";
import type { Journal } from "./journal";
import { type Append, type Intended, type Recording, type RunOnRecord, startRecording } from "./recording";

/** The record of a stack, as one run writes it. */
export interface StackRecord {
  /** `organization/project/stack`. */
  stack: string;
  journal: Journal;
  auditLog: AuditLog | undefined;
  run: RunOnRecord;
}

/** An intended operation in a stack. */
export type Action = Omit<Intended, "stack">;

/**
 * Returns a function that puts an event on durable record: in the journal first, then in the audit log, if
 * there is one.
 */
export function appendTo({ journal, auditLog }: Pick<StackRecord, "journal" | "auditLog">): Append {
  return async (event) => {
    const entry = await journal.append(event);
    await auditLog?.deliver(entry);
    return entry;
  };
}

/**
 * Records an intent.
 *
 * @throws if it cannot be recorded: then do nothing
 */
export function recordIntent(record: StackRecord, action: Action): Promise<Recording> {
  const { stack, journal, run } = record;
  return startRecording(appendTo(record), run, { ...action, stack }).catch((error: unknown) => {
    const why =
      error instanceof NotDeliveredError
        ? messageOf(error)
        : `it could not be recorded in the journal ${journal.location} first: ${messageOf(error)}`;
    throw new Error(`Nothing was sent, because ${why}.`, { cause: error });
  });
}

/**
 * Runs an action on the record: records the intent before it and the result after it.
 *
 * @param act the action; resolves with its result
 */
export async function onRecord(
  record: StackRecord,
  action: Action,
  act: () => Promise<Outcome>,
): Promise<void> {
  const recording = await recordIntent(record, action);
  try {
    await recording.end({ outcome: await act() });
  } catch (error) {
    await recording.fail(error);
    throw error;
  }
}
