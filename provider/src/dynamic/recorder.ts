import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";

import { mayHaveHappened, messageOf, TenantManagementError } from "../client/index";
import {
  historyOf,
  type IntentEvent,
  type Journal,
  type JournalEvent,
  openFileJournal,
  openS3Journal,
  type Outcome,
  recordedIds,
  type RecordedType,
  type SlotHistory,
} from "../journal/index";
import { actor } from "./actor";
import { currentSettings } from "./session";
import type { Properties } from "./inputs";
import { type SlotInput, slotSchema } from "./slot";

/** What is about to be done. */
export interface Intention {
  type: RecordedType;
  operation: "create" | "delete";
  slot: SlotInput;
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

/** The ids of the objects that the stack held when its last update ended, by type and slot name. */
const heldIds = new Map<string, string>();

let journal: Promise<{ journal: Journal; events: JournalEvent[] }> | undefined;

/**
 * Records what is about to be done, before it is done.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` when it cannot be recorded: then nothing may be sent
 */
export async function record(intention: Intention): Promise<Recording> {
  const { slot, operation, parameters = {}, ...ids } = intention;
  const { stage, apiUrl } = currentSettings();
  const common = {
    v: 1,
    actor: actor(),
    stack: slot.stack,
    stage,
    apiUrl,
    slot: slot.name,
    operation,
  } as const;
  const startedAtMs = Date.now();
  const intent: IntentEvent = {
    ...common,
    ...ids,
    id: randomUUID(),
    at: new Date(startedAtMs).toISOString(),
    event: "intent",
    parameters,
  };
  await append(slot, intent);
  const end = async (ending: Ending): Promise<void> => {
    const { type, tenantId, applicationId } = ids;
    const now = new Date();
    const result: JournalEvent = {
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
    await append(slot, result).catch((error: unknown) => {
      console.warn(
        `warning: what became of ${operation} ${slot.name} (${ending.outcome}) could not be recorded: ${messageOf(error)}`,
      );
    });
  };
  return { intent, end, fail: (error) => end(failure(intention.type, error)) };
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

/**
 * Notes which object the stack held for a resource, and takes that out of its inputs: the state need not repeat it, and
 * an input that changed would be written again.
 *
 * @returns the inputs as they are to be kept
 */
export function noteHeldObject(type: RecordedType, inputs: Properties): Properties {
  const slot = slotSchema.safeParse(inputs["slot"]);
  if (!slot.success) return inputs;
  const { heldId, ...kept } = slot.data;
  if (heldId !== undefined) heldIds.set(`${type} ${kept.name}`, heldId);
  return { ...inputs, slot: kept };
}

/** Tells what the record says of the last create in a slot, beside what the stack holds. */
export async function slotHistory(type: RecordedType, slot: SlotInput): Promise<SlotHistory> {
  const { events } = await open(slot.stack);
  const history = historyOf(events, {
    type,
    stack: slot.stack,
    slot: slot.name,
    apiUrl: currentSettings().apiUrl,
  });
  return history.kind === "made" && history.objectId === heldIds.get(`${type} ${slot.name}`)
    ? { kind: "clear" }
    : history;
}

/** Gives the ids of all objects of a type that are on record as made. */
export async function idsOnRecord(type: RecordedType, slot: SlotInput): Promise<Set<string>> {
  return recordedIds((await open(slot.stack)).events, type);
}

async function append(slot: SlotInput, event: JournalEvent): Promise<void> {
  const opened = await open(slot.stack);
  try {
    await opened.journal.append(event);
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `Nothing was sent, because it could not be recorded in the journal ${opened.journal.location} first: ${messageOf(error)}. ` +
        "Make room, or see to the permissions, or set tenants:journal to another place.",
      { cause: error },
    );
  }
  opened.events.push(event);
}

function open(stack: string): Promise<{ journal: Journal; events: JournalEvent[] }> {
  journal ??= openJournal(stack).then(async (opened) => ({ journal: opened, events: await opened.read() }));
  return journal;
}

async function openJournal(stack: string): Promise<Journal> {
  const { journal: location, journalDiskIsKept } = currentSettings();
  if (location?.startsWith("s3://") === true) {
    return openS3Journal(`${location.replace(/\/+$/, "")}/${stack}`);
  }
  if (process.env["CI"] === "true" && journalDiskIsKept !== true) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      "This is a CI runner (CI=true), whose disk goes away, and with it the journal that a repair after a crash needs: nothing was sent. " +
        "Set tenants:journal to s3://<bucket>/<prefix>; or, if the disk is kept, set tenants:journalDiskIsKept to true.",
    );
  }
  const project = projectDirectory(process.cwd());
  const stackName = stack.slice(stack.lastIndexOf("/") + 1);
  return Promise.resolve(
    openFileJournal(path.resolve(project, location ?? `Pulumi.${stackName}.journal.jsonl`)),
  );
}

/** The engine runs a provider in the program's folder, which may lie below that of `Pulumi.yaml`. */
function projectDirectory(start: string): string {
  const here = ["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(path.join(start, name)));
  const parent = path.dirname(start);
  return here || parent === start ? start : projectDirectory(parent);
}
