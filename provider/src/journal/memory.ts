import type { FormerName, IntentEvent, JournalEvent, Outcome, RecordedType, ResultEvent } from "./event";
import { type Held, Holding } from "./holding";
import { MadeObjects } from "./made-objects";
import { KeptIntent } from "./texts";

/**
 * The outcome of the last create in a slot (`intent`), according to the record. `earlier` are the creates that led to
 * it, oldest first: each later one repairs what the earlier may have lost, and may itself have been interrupted.
 */
export type SlotHistory =
  /**
   * Nothing to repair: no create was started, or it certainly failed, or its object was deleted or handed over since.
   */
  | { kind: "clear" }
  /**
   * A create was started, and its result is missing or unknown: an object may exist that no state contains. `lost` are
   * all such creates, oldest first, this one included; what the others of `earlier` created is on record.
   */
  | {
      kind: "open";
      intent: IntentEvent;
      earlier: readonly IntentEvent[];
      lost: readonly IntentEvent[];
    }
  /** The create succeeded, with this object. */
  | { kind: "made"; intent: IntentEvent; earlier: readonly IntentEvent[]; objectId: string };

/** Selects a slot. */
export interface Slot {
  type: RecordedType;
  stack: string;
  slot: string;
  apiUrl: string;
  /** The id of the object that the stack contains in the slot: the creates that led to it are over. */
  heldId?: string | undefined;
}

/** Whether a customer may be deleted in production. */
export type RecordedStatus = "active" | "deprecated";

/** Selects a customer. */
export interface RecordedCustomer {
  /** `organization/project/stack`. */
  stack: string;
  /** The name of its tenant's resource in the stack. */
  customer: string;
}

/** What a stack is known to contain before its journal is read; only later events are then added. */
export interface HeldBefore {
  stack: string;
  /** Its {@link Holding}. */
  holding: string;
  /** Returns the id of the object in a slot. */
  idIn(type: RecordedType, slot: string): string | undefined;
}

/** An intent, and how it ended. */
interface Begun {
  intent: KeptIntent;
  /** The create without a result that came before it in its slot. */
  cutOffBefore?: IntentEvent | undefined;
  end?: { outcome: Outcome; objectId: string | undefined };
}

/** Returns whether the result of an intent is unknown. */
function isOpen({ end }: Begun): boolean {
  return end === undefined || end.outcome === "unknown";
}

/**
 * What a run must know about a journal: indexes that contain only what may still be needed. Events are added in order.
 */
export class Memory {
  /** The creates of each slot, in order, from the first one that may still matter. */
  readonly #creates = new Map<string, Begun[]>();
  /** The stacks with records other than changes of their customers' declarations. */
  readonly #known = new Set<string>();
  /** The last intent of each slot, by stack, if it is a create without a result. */
  readonly #cutOff = new Map<string, Map<string, IntentEvent>>();
  /** The stored creates and changes of customers' status, by the ids of their intents. */
  readonly #begun = new Map<string, Begun>();
  /** The intents that have no result, by their ids. */
  readonly #open = new Map<string, IntentEvent>();
  readonly #objects = new MadeObjects();
  /** The ids of the intents without a result that delete an object. */
  readonly #deletes = new Map<string, string[]>();
  /** The ids of the intents to release an object that have not failed, since the stack last took it over. */
  readonly #releases = new Map<string, string[]>();
  /**
   * The ids of the applications that were ever released, by the slot that each was created in and by each beginning of
   * its name.
   */
  readonly #releasedFrom = new Map<string, Set<string>>();
  /** The changes of each customer's status, in order. */
  readonly #statuses = new Map<string, Begun[]>();
  /** The ids of the objects created in each slot, in order, from the first one that was not deleted. */
  readonly #made = new Map<string, string[]>();
  /** The slot in which a tenant was last created or adopted. */
  readonly #tenantSlots = new Map<string, string>();
  readonly #holdings = new Map<string, Holding>();
  readonly #held = new Map<string, Held | undefined>();
  /** What a slot has had since before its last creates, whose end is not known or that failed: an object's id. */
  readonly #former = new Map<string, string>();
  /** The slots in which an object was created. */
  readonly #slotsOf = new Map<string, Slot[]>();
  readonly #before: HeldBefore | undefined;
  #formerly: FormerName[] = [];

  /** @param before what is known of earlier events; default: there are none */
  constructor(before?: HeldBefore) {
    this.#before = before;
    if (before !== undefined) this.#holdings.set(before.stack, new Holding(before.holding));
  }

  /** Adds an earlier event, which does not change the stack's known objects. */
  addEarlier(event: JournalEvent): void {
    if (event.formerly !== undefined) this.#formerly = event.formerly;
    if (event.event === "intent") this.#open.set(event.id, event);
    else this.#open.delete(event.intent);
  }

  /** Returns whether only the end of a journal was added: of earlier events, only what the stack contains is known. */
  get isOfEnd(): boolean {
    return this.#before !== undefined;
  }

  /** The stack's former names, from the last event that contains any. A record exists under each. */
  get formerly(): FormerName[] {
    return this.#formerly;
  }

  /** Adds the next event. */
  add(event: JournalEvent): void {
    this.addEarlier(event);
    if (event.event === "intent") this.#addIntent(event);
    else this.#addResult(event);
    if (event.operation === "create") this.#weigh(event);
    const objectId = objectIdOf(event);
    if (objectId === undefined) return;
    const object = keyOf(event.type, objectId);
    for (const slot of this.#slotsOf.get(object) ?? []) this.#weigh(slot);
    if (this.#objects.isDeleted(event.type, objectId)) this.#slotsOf.delete(object);
  }

  /** Returns the outcome of the last create in a slot. */
  historyOf(wanted: Slot): SlotHistory {
    const creates = this.#creates.get(slotKey(wanted)) ?? [];
    const last = creates.at(-1);
    if (last === undefined) return { kind: "clear" };
    const { intent, end } = last;
    // An adopted object was created by someone else.
    const isOver = (earlier: Begun): boolean =>
      this.#isClear(wanted, earlier) || earlier.end?.outcome === "adopted";
    const objectId = end?.objectId;
    if (!isOpen(last) && (objectId === undefined || this.#isClear(wanted, last))) return { kind: "clear" };
    const begun = creates.slice(creates.findLastIndex(isOver) + 1, -1);
    const read = (some: readonly Begun[]): IntentEvent[] => some.map((create) => create.intent.read());
    const found = { intent: intent.read(), earlier: read(begun) };
    return isOpen(last) || objectId === undefined
      ? { kind: "open", ...found, lost: read([...begun.filter(isOpen), last]) }
      : { kind: "made", ...found, objectId };
  }

  /**
   * Returns the last creates of applications in a tenant, in any slot of a stack, that may or may not have created one.
   */
  openCreatesIn(tenantId: string, { stack, apiUrl }: Pick<Slot, "stack" | "apiUrl">): IntentEvent[] {
    const beginning = slotKey({ apiUrl, stack, type: "TenantApplication", slot: "" });
    return [...this.#creates].flatMap(([key, creates]) => {
      const last = creates.at(-1);
      return last?.intent.tenantId === tenantId && isOpen(last) && key.startsWith(beginning)
        ? [last.intent.read()]
        : [];
    });
  }

  /** Returns whether a create is the last one of its slot that may matter: no later one succeeded or is open. */
  isLastCreate(intent: IntentEvent): boolean {
    return this.#creates.get(slotKey(intent))?.at(-1)?.intent.id === intent.id;
  }

  /** Returns whether a stack has records other than changes of its customers' declarations. */
  knows(stack: string): boolean {
    return stack === this.#before?.stack || this.#known.has(stack);
  }

  /** Returns the interrupted creates of a stack: each is the last one in its slot and has no result on record. */
  cutOffCreates(stack: string): IntentEvent[] {
    return [...(this.#cutOff.get(stack)?.values() ?? [])];
  }

  /** Returns the ids of all objects of a type that were created according to the record. */
  recordedIds(type: RecordedType): Set<string> {
    return new Set(this.#objects.idsOf(type));
  }

  /**
   * Returns whether an object was created according to the record.
   *
   * @param except a slot whose objects are left out
   */
  isRecorded(type: RecordedType, objectId: string, except?: Pick<Slot, "stack" | "slot">): boolean {
    const own = except === undefined ? "" : placeOf(except);
    return this.#objects.placesOf(type, objectId).some((place) => place !== own);
  }

  /** Returns whether an object was handed over and not taken back: see {@link releasedIds}. */
  isReleased({ type, stack }: Pick<Slot, "type" | "stack">, objectId: string): boolean {
    return (this.#releases.get(keyOf(stack, type, objectId)) ?? []).length > 0;
  }

  /**
   * Returns the ids of the applications that a stack had in a slot, in any of its generations, and has handed over;
   * those that it has taken back or deleted since are left out.
   */
  handedOverFrom({ stack, slot }: Pick<Slot, "stack" | "slot">): string[] {
    const type = "TenantApplication";
    return [...(this.#releasedFrom.get(placeOf({ stack, slot })) ?? [])].filter(
      (id) => this.isReleased({ type, stack }, id) && !this.#objects.isDeleted(type, id),
    );
  }

  /** Returns whether this project may have deleted an object: a delete was started, and is not known to have failed. */
  mayBeDeleted(type: RecordedType, objectId: string): boolean {
    const begun = this.#deletes.get(keyOf(type, objectId)) ?? [];
    return begun.length > 0 || this.#objects.mayBeDeleted(type, objectId);
  }

  /**
   * Returns whether a customer may be deleted: an `up` must have completed its deprecation. It is active again as soon
   * as an activation, or a create of its tenant, has started.
   *
   * @returns undefined if nothing is on record
   */
  statusOf({ stack, customer }: RecordedCustomer): RecordedStatus | undefined {
    const last = (this.#statuses.get(placeOf({ stack, slot: customer })) ?? []).findLast(
      ({ intent, end }) => intent.operation === "activate" || end?.outcome === "changed",
    );
    return last === undefined ? undefined : last.intent.operation === "activate" ? "active" : "deprecated";
  }

  /** Finds the customer of a tenant: the slot in which the tenant was created or adopted. */
  customerOf(stack: string, tenantId: string): string | undefined {
    return this.#tenantSlots.get(keyOf(stack, tenantId));
  }

  /** Returns whether a later application was created in the same slot, and not deleted since. */
  hasSuccessor({ stack, slot }: Pick<Slot, "stack" | "slot">, applicationId: string): boolean {
    const made = this.#made.get(placeOf({ stack, slot })) ?? [];
    return made
      .slice(made.lastIndexOf(applicationId) + 1)
      .some((id) => !this.#objects.isDeleted("TenantApplication", id));
  }

  /** Returns an intent that has no result in the events so far. */
  openIntent(id: string): IntentEvent | undefined {
    return this.#open.get(id);
  }

  /** Returns the {@link Holding} of a stack, according to the record, as text. */
  holdingOf(stack: string): string {
    return (this.#holdings.get(stack) ?? new Holding()).toString();
  }

  #addIntent(intent: IntentEvent): void {
    const { type, stack, slot, operation, id } = intent;
    if (type !== "Customer") this.#known.add(stack);
    const cutOffBefore = this.#cutOff.get(stack)?.get(keyOf(type, slot));
    this.#setCutOff(intent, operation === "create" ? intent : undefined);
    const isStatus = type === "Customer" && (operation === "activate" || operation === "deprecate");
    if (isStatus || operation === "create") {
      const begun: Begun = { intent: new KeptIntent(intent), cutOffBefore };
      this.#begun.set(id, begun);
      if (isStatus) push(this.#statuses, placeOf(intent), begun);
      else push(this.#creates, slotKey(intent), begun);
    }
    if (operation === "create" && type === "Tenant") this.#forgetStatus(intent);
    const objectId = objectIdOf(intent);
    if (objectId === undefined) return;
    if (operation === "delete") push(this.#deletes, keyOf(type, objectId), id);
    if (operation !== "release") return;
    push(this.#releases, keyOf(stack, type, objectId), id);
    if (type === "TenantApplication") this.#noteReleased(objectId);
  }

  #noteReleased(applicationId: string): void {
    for (const place of this.#objects.placesOf("TenantApplication", applicationId)) {
      for (const slot of beginningsOf(place)) {
        const released = this.#releasedFrom.get(slot) ?? new Set();
        this.#releasedFrom.set(slot, released.add(applicationId));
      }
    }
  }

  /** A customer whose tenant is created again is not the one that was deprecated. */
  #forgetStatus(slot: Pick<Slot, "stack" | "slot">): void {
    const key = placeOf(slot);
    const begun = this.#statuses.get(key) ?? [];
    for (const { intent, end } of begun) if (end !== undefined) this.#begun.delete(intent.id);
    const open = begun.filter(({ end }) => end === undefined);
    if (open.length === 0) this.#statuses.delete(key);
    else this.#statuses.set(key, open);
  }

  #addResult(result: ResultEvent): void {
    const { type, stack, slot, operation, outcome, intent } = result;
    const objectId = objectIdOf(result);
    const begun = this.#begun.get(intent);
    if (begun !== undefined) begun.end = { outcome, objectId };
    if (operation === "create" && outcome === "failed") this.#forgetFailed(result);
    if (this.#cutOff.get(stack)?.get(keyOf(type, slot))?.id === intent)
      this.#setCutOff(result, outcome === "failed" ? begun?.cutOffBefore : undefined);
    if (begun !== undefined) delete begun.cutOffBefore;
    if (objectId === undefined) return;
    const object = keyOf(type, objectId);
    if (operation === "delete") {
      drop(this.#deletes, object, intent);
      const isCertain = outcome === "deleted" || outcome === "gone";
      if (outcome !== "failed") this.#objects.noteDeleted(type, objectId, isCertain);
      if (isCertain) this.#forgetDeleted(type, objectId);
      if (isCertain && type === "TenantApplication") this.#forgetFound(result, objectId);
    }
    if (operation === "release" && outcome === "failed")
      drop(this.#releases, keyOf(stack, type, objectId), intent);
    if (operation === "create") this.#addObject(result, objectId);
  }

  #addObject({ type, stack, slot, apiUrl }: ResultEvent, objectId: string): void {
    this.#releases.delete(keyOf(stack, type, objectId));
    const place = placeOf({ stack, slot });
    this.#objects.addPlace(type, objectId, place);
    if (type === "Tenant") this.#tenantSlots.set(keyOf(stack, objectId), slot);
    if (type === "TenantApplication") push(this.#made, place, objectId);
    const known = this.#slotsOf.get(keyOf(type, objectId)) ?? [];
    if (!known.some((other) => other.slot === slot && other.stack === stack && other.apiUrl === apiUrl))
      push(this.#slotsOf, keyOf(type, objectId), { type, stack, slot, apiUrl });
  }

  #setCutOff(
    { type, stack, slot }: Pick<Slot, "type" | "stack" | "slot">,
    intent: IntentEvent | undefined,
  ): void {
    const ofStack = this.#cutOff.get(stack) ?? new Map<string, IntentEvent>();
    this.#cutOff.set(stack, ofStack);
    ofStack.delete(keyOf(type, slot));
    if (intent !== undefined) ofStack.set(keyOf(type, slot), intent);
  }

  /** An object created in a slot after a deleted one is its successor, even if the deleted one is no longer listed. */
  #forgetDeleted(type: RecordedType, objectId: string): void {
    for (const place of this.#objects.placesOf(type, objectId)) {
      const made = this.#made.get(place) ?? [];
      const left = made.findIndex((id) => !this.#objects.isDeleted("TenantApplication", id));
      if (left === -1) this.#made.delete(place);
      else made.splice(0, left);
    }
  }

  /** Returns whether a create left nothing outside the state: its object was deleted or handed over. */
  #isClear({ type, stack, heldId }: Slot, begun: Begun): boolean {
    const objectId = begun.end?.objectId;
    return (
      this.#isOverForGood(type, begun) ||
      (begun.end?.outcome !== "unknown" &&
        objectId !== undefined &&
        (objectId === heldId || this.isReleased({ type, stack }, objectId)))
    );
  }

  /** Returns whether a create can never matter again: nothing was created, or it was deleted. */
  #isOverForGood(type: RecordedType, { end }: Begun): boolean {
    if (end === undefined || end.outcome === "unknown") return false;
    return end.objectId === undefined || this.#objects.isDeleted(type, end.objectId);
  }

  /** Updates a slot's part in what its stack contains. */
  #weigh({ type, stack, slot, apiUrl }: Slot): void {
    const key = slotKey({ type, stack, slot, apiUrl });
    const holding = this.#holdings.get(stack) ?? new Holding();
    this.#holdings.set(stack, holding);
    const before = this.#held.has(key)
      ? this.#held.get(key)
      : this.#heldBefore({ type, stack, slot, apiUrl });
    if (before !== undefined) holding.remove(before);
    const kept = this.#kept({ type, stack, slot, apiUrl });
    const id = this.#left({ type, stack, slot, apiUrl }) ?? kept;
    if (id === undefined || (!isUnknown(id) && id !== kept)) this.#former.delete(key);
    else if (isUnknown(id) && before !== undefined && !isUnknown(before.id)) this.#former.set(key, before.id);
    const held = id === undefined ? undefined : { apiUrl, type, slot, id };
    if (held !== undefined) holding.add(held);
    if (held === undefined && this.#before === undefined) this.#held.delete(key);
    else this.#held.set(key, held);
    this.#forgetOver({ type, stack, slot, apiUrl });
  }

  /** A create that failed changed nothing: an earlier one in its slot, whose end is unknown, may still have happened. */
  #forgetFailed(result: ResultEvent): void {
    this.#forgetCreates(result, ({ intent }) => intent.id === result.intent);
  }

  /**
   * A deleted application whose create is not on record was that of a lost create in its slot, unless it was there
   * before: that create is over. One without a result may still be running, and send its request again.
   */
  #forgetFound(result: ResultEvent, applicationId: string): void {
    const isLost = ({ end }: Begun): boolean => end?.outcome === "unknown";
    if (this.#creates.get(slotKey(result))?.some(isLost) !== true) return;
    if (this.isRecorded("TenantApplication", applicationId) || this.#heldBefore(result)?.id === applicationId)
      return;
    this.#forgetCreates(
      result,
      (begun) => isLost(begun) && begun.intent.read().known?.includes(applicationId) === false,
    );
    this.#weigh(result);
  }

  #forgetOver(slot: Slot): void {
    const creates = this.#creates.get(slotKey(slot)) ?? [];
    const last = creates.findLastIndex((begun) => this.#isOverForGood(slot.type, begun));
    if (last !== -1) this.#forgetCreates(slot, (_, index) => index <= last);
  }

  #forgetCreates(slot: Slot, isOver: (begun: Begun, index: number) => boolean): void {
    const key = slotKey(slot);
    const creates = this.#creates.get(key) ?? [];
    const over = new Set(creates.filter(isOver));
    for (const { intent } of over) this.#begun.delete(intent.id);
    if (over.size === creates.length) this.#creates.delete(key);
    else if (over.size > 0)
      this.#creates.set(
        key,
        creates.filter((begun) => !over.has(begun)),
      );
  }

  /** Returns what the last create in a slot left, according to the record: an object's id, or that it is unknown. */
  #left(slot: Slot): string | undefined {
    const last = this.#creates.get(slotKey(slot))?.at(-1);
    if (last === undefined) return undefined;
    const { intent, end } = last;
    if (end === undefined || end.outcome === "unknown") return `?${intent.id}`;
    return this.#isClear(slot, last) ? undefined : end.objectId;
  }

  /** Returns the object that a slot still has after a create that failed, which was to replace it. */
  #kept({ type, stack, slot, apiUrl }: Slot): string | undefined {
    const former = this.#former.get(slotKey({ type, stack, slot, apiUrl }));
    if (former === undefined || this.#objects.isDeleted(type, former)) return undefined;
    return this.isReleased({ type, stack }, former) ? undefined : former;
  }

  #heldBefore({ type, stack, slot, apiUrl }: Slot): Held | undefined {
    const id = this.#before?.stack === stack ? this.#before.idIn(type, slot) : undefined;
    return id === undefined ? undefined : { apiUrl, type, slot, id };
  }
}

/** Returns the id of an event's object, if it has one. */
export function objectIdOf(event: JournalEvent): string | undefined {
  return event.type === "Tenant" ? event.tenantId : event.applicationId;
}

/** Returns whether this is the `id` of a create without a result: see {@link Held}. */
function isUnknown(id: string): boolean {
  return id.startsWith("?");
}

function keyOf(...parts: readonly string[]): string {
  return parts.join("\n");
}

function slotKey({ type, stack, slot, apiUrl }: Slot): string {
  return keyOf(apiUrl, stack, type, slot);
}

function placeOf({ stack, slot }: Pick<Slot, "stack" | "slot">): string {
  return keyOf(stack, slot);
}

/** Returns a slot's place, and that of each beginning of its name: of its customer, its cell, its first generation. */
function beginningsOf(place: string): string[] {
  const slot = place.indexOf("\n") + 1;
  const ends = [...place.slice(slot).matchAll(/\/|$/g)].map(({ index }) => slot + index);
  return ends.map((end) => place.slice(0, end));
}

function drop<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const left = (lists.get(key) ?? []).filter((other) => other !== item);
  if (left.length === 0) lists.delete(key);
  else lists.set(key, left);
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
