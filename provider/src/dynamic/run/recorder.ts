import { messageOf, TenantManagementError } from "../../client/errors";
import {
  appendTo,
  type AuditLog,
  type Ending,
  type Intended,
  journalMissing,
  journalProblem,
  type Journal,
  type KnownBefore,
  type Memory,
  NotDeliveredError,
  openAuditLog,
  openJournalOf,
  type RecordedType,
  type Recording,
  settleIntent,
  type SlotHistory,
  startRecording,
} from "../../journal/index";
import { provenance } from "../../organization/provenance";
import { readReason, reasonForChange } from "../../settings/reason";
import { currentReach, currentSettings } from "./session";
import type { Properties } from "../engine/inputs";
import { onceForAll } from "../once-for-all";
import { type SlotInput, slotSchema } from "../../names/slot";
import { formerStacks, noteDeclaredStack, presentStackOf } from "./stack-identity";

/** What is about to be done. */
export interface Intention extends Omit<Intended, "stack" | "slot"> {
  slot: SlotInput;
}

/** The ids of the objects that the stack held when its last update ended, by type and slot name. */
const heldIds = new Map<string, string>();

/** What the stack held when its last update ended, as its program tells with each resource. */
let heldBefore: SlotInput["heldBefore"];

/** The record of this run's stack. */
interface Opened {
  journal: Journal;
  auditLog: AuditLog | undefined;
}

/**
 * Makes sure that a change may be made: that there is a reason for it, where the stage requires one.
 *
 * @returns the reason to record
 * @throws {@link TenantManagementError} `INPUT_INVALID` with what to set
 */
export function assertChangeHasReason(): string | undefined {
  try {
    return reasonForChange(currentSettings(), process.env);
  } catch (error) {
    throw new TenantManagementError("INPUT_INVALID", messageOf(error), { cause: error });
  }
}

/**
 * Records what is about to be done, before it is done.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` when it cannot be recorded, or has no reason where it needs
 *   one: then nothing may be sent
 */
export async function record({ slot, ...intention }: Intention): Promise<Recording> {
  const { stage, apiUrl, allowedHosts } = currentSettings();
  const reason = assertChangeHasReason();
  const stack = presentStackOf(slot);
  const opened = await open(stack);
  const { journal } = opened;
  // What is deleted or handed over may have been taken, lost and taken back since its last create.
  if (intention.operation === "delete" || intention.operation === "release") await rememberAll(stack);
  try {
    return await startRecording(
      appendTo(opened),
      { ...(await provenanceOfRun()), stage, apiUrl, allowedHosts, reason },
      { ...intention, stack, slot: slot.name },
    );
  } catch (error) {
    throw new TenantManagementError("INPUT_INVALID", notRecorded(journal, error), { cause: error });
  }
}

/** Records how an intent of this run's program ended. What was done is done: where it cannot be recorded, it warns. */
export async function endIntentOfProgram(slot: SlotInput, intentId: string, ending: Ending): Promise<void> {
  const stack = presentStackOf(slot);
  const opened = await open(stack);
  const intent = (await remember(stack)).openIntent(intentId);
  if (intent === undefined) return;
  const { stage, apiUrl } = currentSettings();
  const read = readReason(currentSettings(), process.env);
  const run = {
    ...(await provenanceOfRun()),
    stage,
    apiUrl,
    reason: "problem" in read ? undefined : read.reason,
  };
  await settleIntent(appendTo(opened), run, intent, ending);
}

/** Gives what the whole record of this run's stack says, however long it is. */
export async function rememberAll(stack: string): Promise<Memory> {
  return read((await open(stack)).journal);
}

function notRecorded({ location }: Journal, error: unknown): string {
  return error instanceof NotDeliveredError
    ? `Nothing was sent, because ${messageOf(error)}. What was meant to be done is in the journal ${location}, as failed.`
    : `Nothing was sent, because it could not be recorded in the journal ${location} first: ${messageOf(error)}. ` +
        "Make room, or see to the permissions, or set tenants:journal to another place.";
}

/**
 * Notes which object the stack held for a resource, and under which names, and takes that out of its inputs: the state
 * need not repeat it, and an input that changed would be written again.
 *
 * @returns the inputs as they are to be kept
 */
export function noteHeldObject(type: RecordedType, inputs: Properties): Properties {
  const slot = slotSchema.safeParse(inputs["slot"]);
  if (!slot.success) return inputs;
  const { heldId, heldBefore: before, formerly, stack, name } = slot.data;
  const kept = { stack, name };
  heldBefore ??= before;
  noteDeclaredStack(stack, formerly);
  if (heldId !== undefined) heldIds.set(`${type} ${kept.name}`, heldId);
  return { ...inputs, slot: kept };
}

/** Gives the id of the object that the stack held for a resource when its last update ended, if it held one. */
export function heldObjectId(type: RecordedType, slot: SlotInput): string | undefined {
  return heldIds.get(`${type} ${slot.name}`);
}

/** Tells whether the stack held an object, in whatever place, when its last update ended. */
export function isHeldObject(type: RecordedType, objectId: string): boolean {
  return [...heldIds].some(([place, heldId]) => place.startsWith(`${type} `) && heldId === objectId);
}

/** Tells what the record says of the last create in a slot, beside what the stack holds. */
export async function slotHistory(type: RecordedType, slot: SlotInput): Promise<SlotHistory> {
  const stack = presentStackOf(slot);
  return (await remember(stack)).historyOf({
    type,
    stack,
    slot: slot.name,
    apiUrl: currentSettings().apiUrl,
    heldId: heldObjectId(type, slot),
  });
}

/** Gives the ids of all objects of a type that are on record as made. */
export async function idsOnRecord(type: RecordedType, slot: SlotInput): Promise<Set<string>> {
  return (await rememberAll(presentStackOf(slot))).recordedIds(type);
}

/** Gives the ids of all objects of a type that are on record as made for other slots. */
export async function idsOfOtherSlots(type: RecordedType, slot: SlotInput): Promise<Set<string>> {
  const stack = presentStackOf(slot);
  return (await rememberAll(stack)).recordedIds(type, { stack, slot: slot.name });
}

/** Gives the ids of the applications that were handed over from a slot, and not taken back or deleted since. */
export async function idsHandedOver(slot: SlotInput): Promise<string[]> {
  const stack = presentStackOf(slot);
  return (await rememberAll(stack)).handedOverFrom({ stack, slot: slot.name });
}

/** Tells whether the record says that an object may be gone by our own hand. */
export async function mayBeDeletedByUs(
  type: RecordedType,
  slot: SlotInput,
  objectId: string,
): Promise<boolean> {
  return (await rememberAll(presentStackOf(slot))).mayBeDeleted(type, objectId);
}

const provenanceOfRun = onceForAll(() => provenance(currentReach().aws, process.env));

const open = onceForAll(async (stack: string): Promise<Opened> => {
  const journal = openJournal(stack);
  const memory = await read(journal, knownBefore(stack));
  warnOfCutOff(memory, stack);
  if (heldIds.size > 0 && !memory.knows(stack)) console.warn(`warning: ${journalMissing(journal)}`);
  return { journal, auditLog: openConfiguredAuditLog() };
});

/** Gives what the record says of the creates of this run's stack. */
async function remember(stack: string): Promise<Memory> {
  return read((await open(stack)).journal, knownBefore(stack));
}

function knownBefore(stack: string): KnownBefore | undefined {
  const idIn = (type: RecordedType, slot: string): string | undefined => heldIds.get(`${type} ${slot}`);
  return heldBefore === undefined ? undefined : { ...heldBefore, stack, idIn };
}

async function read(journal: Journal, known?: KnownBefore): Promise<Memory> {
  try {
    return await journal.remember(known);
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `Nothing was sent, because the journal ${journal.location} could not be read first: ${messageOf(error)}. ` +
        "Mend tenants:journal, or the permissions of this run. `pulumi refresh` and `pulumi destroy` go by the configuration of the last `pulumi up`: give them --run-program to go by the present one.",
      { cause: error },
    );
  }
}

function openConfiguredAuditLog(): AuditLog | undefined {
  const { auditLogGroup } = currentSettings();
  return auditLogGroup === undefined ? undefined : openAuditLog(auditLogGroup, currentReach().aws);
}

function warnOfCutOff(memory: Memory, stack: string): void {
  const slots = memory.cutOffCreates(stack).map(({ slot }) => slot);
  if (slots.length === 0) return;
  console.warn(
    `warning: an earlier update was cut off while it made ${slots.join(", ")}. What is still declared of that is found again, and repaired; ` +
      "`npm run tenants -- reconcile` names all that was left behind.",
  );
}

function openJournal(stack: string): Journal {
  const { journal: location, journalDiskIsKept } = currentSettings();
  const problem = journalProblem(location, journalDiskIsKept, process.env);
  if (problem !== undefined) {
    throw new TenantManagementError("INPUT_INVALID", `Nothing was sent: tenants:journal ${problem}.`);
  }
  return openJournalOf({
    stack,
    location,
    directory: process.cwd(),
    aws: currentReach().aws,
    formerNames: formerStacks,
  });
}
