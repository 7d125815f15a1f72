import { TenantManagementError } from "../../client/errors";
import { messageOf } from "../../client/text";
import { onceForAll } from "../../concurrency";
import {
  appendTo,
  type AuditLog,
  type Ending,
  type Intended,
  type IntentEvent,
  type Journal,
  journalMissing,
  journalProblem,
  type KnownBefore,
  type Memory,
  NotDeliveredError,
  openAuditLog,
  type RecordedType,
  type Recording,
  settleIntent,
  type SlotHistory,
  startRecording,
} from "../../journal/index";
import type { SlotInput } from "../../names/slot";
import { readReason, reasonForChange } from "../../settings/reason";
import type { HeldObjects } from "./held-objects";
import type { Session } from "./session";
import type { StackIdentity } from "./stack-identity";

/** An operation to record before it is executed. */
export interface Intention extends Omit<Intended, "stack" | "slot"> {
  slot: SlotInput;
}

/** An object of the stack, as the record names it. */
export type RecordedObject = Pick<Intention, "type" | "slot" | "tenantId" | "applicationId">;

/** The open journal and audit log of a run. */
interface Opened {
  journal: Journal;
  auditLog: AuditLog | undefined;
}

/** What the record belongs to. */
interface Recorded {
  session: Session;
  stack: StackIdentity;
  held: HeldObjects;
}

/** The record of a run's stack: what this run writes, and what earlier runs have written. */
export class RunRecord {
  readonly #session: Session;
  readonly #stack: StackIdentity;
  readonly #held: HeldObjects;

  constructor({ session, stack, held }: Recorded) {
    this.#session = session;
    this.#stack = stack;
    this.#held = held;
  }

  /**
   * Prepares for a change: checks the reason, if the stage requires one. Who runs this, and which versions, is
   * determined meanwhile.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` with what to set
   */
  expectChange(): void {
    this.#readReason();
    // Recording the change runs it again, and reports the failure.
    this.#provenance().catch(() => undefined);
  }

  /**
   * Records an intent before it is executed.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if it cannot be recorded, or a required reason is
   * missing: then nothing may be sent
   */
  async start({ slot, ...intention }: Intention): Promise<Recording> {
    const { stage, apiUrl, allowedHosts } = this.#session.settings;
    const reason = this.#readReason();
    const stack = this.#stack.presentStackOf(slot);
    const opened = await this.#open(stack);
    // An object to delete or hand over may have been recovered, lost and recovered again since its last
    // create.
    if (intention.operation === "delete" || intention.operation === "release") await this.rememberAll(stack);
    try {
      return await startRecording(
        appendTo(opened),
        { ...(await this.#provenance()), stage, apiUrl, allowedHosts, reason },
        { ...intention, stack, slot: slot.name },
      );
    } catch (error) {
      throw new TenantManagementError("INPUT_INVALID", notRecorded(opened.journal, error), { cause: error });
    }
  }

  /**
   * Records how an intent ended that has no result: one of this run's program, or of a run that was killed. It changes
   * nothing if a result is on record.
   *
   * @throws if it cannot be recorded
   */
  async endIntent(slot: SlotInput, intentId: string, ending: Ending): Promise<void> {
    const stack = this.#stack.presentStackOf(slot);
    const opened = await this.#open(stack);
    const intent = (await this.#remember(stack)).openIntent(intentId);
    if (intent === undefined) return;
    const { settings, environment } = this.#session;
    const { stage, apiUrl } = settings;
    const read = readReason(settings, environment);
    const reason = "problem" in read ? undefined : read.reason;
    const run = { ...(await this.#provenance()), stage, apiUrl, reason };
    await settleIntent(appendTo(opened), run, intent, ending);
  }

  /**
   * Records how an earlier create ended that has no result, before anything else is sent for its slot.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if it cannot be recorded
   */
  async endEarlierCreate(slot: SlotInput, intentId: string, ending: Ending): Promise<void> {
    try {
      await this.endIntent(slot, intentId, ending);
    } catch (error) {
      if (error instanceof TenantManagementError) throw error;
      const { location } = (await this.#open(this.#stack.presentStackOf(slot))).journal;
      throw new TenantManagementError(
        "INPUT_INVALID",
        `Nothing more was sent for ${slot.name}, because the end of an earlier create of it could not be recorded in the journal ${location} first: ${messageOf(error)}. ` +
          "Free some space, or correct the permissions, and run the same command again.",
        { cause: error },
      );
    }
  }

  /**
   * Records that the create of an object that the state contains has made it, if the create has no result on record.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if it cannot be recorded
   */
  async endCreateOf({ type, slot, tenantId, applicationId }: RecordedObject): Promise<void> {
    const objectId = type === "Tenant" ? tenantId : applicationId;
    const stack = this.#stack.presentStackOf(slot);
    const memory = await this.rememberAll(stack);
    if (objectId === undefined || memory.isRecorded(type, objectId)) return;
    // What was deleted before is in the state again if an older one was restored: no later create made it.
    if (memory.mayBeDeleted(type, objectId)) return;
    const { apiUrl } = this.#session.settings;
    const history = memory.historyOf({ type, stack, slot: slot.name, apiUrl });
    if (history.kind === "clear") return;
    const { id, known, parameters } = history.intent;
    const { adopt = objectId } = parameters;
    if (known?.includes(objectId) === true || adopt !== objectId) return;
    const outcome = parameters["adopt"] === undefined ? "made" : "adopted";
    const ids = type === "Tenant" ? { tenantId: objectId } : { applicationId: objectId };
    await this.endEarlierCreate(slot, id, { outcome, ...ids });
  }

  /** Reads the whole record of this run's stack, however long it is. */
  async rememberAll(stack: string): Promise<Memory> {
    return read((await this.#open(stack)).journal);
  }

  /** Returns the record of the last create in a slot, with what the stack has. */
  async slotHistory(type: RecordedType, slot: SlotInput): Promise<SlotHistory> {
    const stack = this.#stack.presentStackOf(slot);
    return (await this.#remember(stack)).historyOf({
      type,
      stack,
      slot: slot.name,
      apiUrl: this.#session.settings.apiUrl,
      heldId: this.#held.idOf(type, slot.name),
    });
  }

  /** Returns the creates in other slots that may or may not have created an application in a tenant. */
  async openCreatesBeside(tenantId: string, slot: SlotInput): Promise<IntentEvent[]> {
    const stack = this.#stack.presentStackOf(slot);
    const memory = await this.#remember(stack);
    const { apiUrl } = this.#session.settings;
    return memory.openCreatesIn(tenantId, { stack, apiUrl }).filter((intent) => intent.slot !== slot.name);
  }

  /** Returns whether an object is on record as created. */
  async onRecord(type: RecordedType, slot: SlotInput): Promise<(objectId: string) => boolean> {
    const memory = await this.rememberAll(this.#stack.presentStackOf(slot));
    return (objectId) => memory.isRecorded(type, objectId);
  }

  /** Returns whether an object is on record as created for another slot. */
  async onRecordElsewhere(type: RecordedType, slot: SlotInput): Promise<(objectId: string) => boolean> {
    const stack = this.#stack.presentStackOf(slot);
    const memory = await this.rememberAll(stack);
    return (objectId) => memory.isRecorded(type, objectId, { stack, slot: slot.name });
  }

  /** Returns the ids of the applications that were handed over from a slot, and not taken back or deleted since. */
  async idsHandedOver(slot: SlotInput): Promise<string[]> {
    const stack = this.#stack.presentStackOf(slot);
    return (await this.rememberAll(stack)).handedOverFrom({ stack, slot: slot.name });
  }

  /** Returns whether, according to the record, this stack may have deleted an object. */
  async mayBeDeletedByUs(type: RecordedType, slot: SlotInput, objectId: string): Promise<boolean> {
    return (await this.rememberAll(this.#stack.presentStackOf(slot))).mayBeDeleted(type, objectId);
  }

  /**
   * Returns the reason to record.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` with what to set
   */
  #readReason(): string | undefined {
    const { settings, environment } = this.#session;
    try {
      return reasonForChange(settings, environment);
    } catch (error) {
      throw new TenantManagementError("INPUT_INVALID", messageOf(error), { cause: error });
    }
  }

  readonly #provenance = onceForAll(() => {
    const { reach, environment, surroundings } = this.#session;
    return surroundings.provenance(reach.aws, environment);
  });

  readonly #open = onceForAll(async (stack: string): Promise<Opened> => {
    const journal = this.#openJournal(stack);
    const memory = await read(journal, this.#held.knownBefore(stack));
    warnOfCutOff(memory, stack);
    if (!this.#held.isEmpty && !memory.knows(stack)) console.warn(`warning: ${journalMissing(journal)}`);
    return { journal, auditLog: this.#openAuditLog() };
  });

  /** Reads the record of the creates of this run's stack. */
  async #remember(stack: string): Promise<Memory> {
    return read((await this.#open(stack)).journal, this.#held.knownBefore(stack));
  }

  #openJournal(stack: string): Journal {
    const { settings, environment, reach, directory, surroundings } = this.#session;
    const { journal: location, journalDiskIsKept } = settings;
    const problem = journalProblem(location, journalDiskIsKept, environment);
    if (problem !== undefined) {
      throw new TenantManagementError("INPUT_INVALID", `Nothing was sent: tenants:journal ${problem}.`);
    }
    const formerNames = (): string[] => this.#stack.formerNames();
    return surroundings.openJournal({ stack, location, directory, aws: reach.aws, formerNames });
  }

  #openAuditLog(): AuditLog | undefined {
    const { auditLogGroup } = this.#session.settings;
    return auditLogGroup === undefined ? undefined : openAuditLog(auditLogGroup, this.#session.reach.aws);
  }
}

function notRecorded({ location }: Journal, error: unknown): string {
  return error instanceof NotDeliveredError
    ? `Nothing was sent, because ${messageOf(error)}. The journal ${location} records the operation as failed.`
    : `Nothing was sent, because it could not be recorded in the journal ${location} first: ${messageOf(error)}. ` +
        "Free some space, correct the permissions, or set tenants:journal to another location.";
}

async function read(journal: Journal, known?: KnownBefore): Promise<Memory> {
  try {
    return await journal.remember(known);
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `Nothing was sent, because the journal ${journal.location} could not be read first: ${messageOf(error)}. ` +
        "Correct tenants:journal, or the permissions of this run. `pulumi refresh` and `pulumi destroy` use the configuration of the last `pulumi up`: add --run-program to use the present one.",
      { cause: error },
    );
  }
}

function warnOfCutOff(memory: Memory, stack: string): void {
  const slots = memory.cutOffCreates(stack).map(({ slot }) => slot);
  if (slots.length === 0) return;
  console.warn(
    `warning: an earlier update was interrupted while it created ${slots.join(", ")}. This update finds and repairs what is still declared; ` +
      "`npm run tenants -- reconcile` lists everything left behind.",
  );
}
