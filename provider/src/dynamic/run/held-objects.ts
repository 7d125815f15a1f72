import type { KnownBefore, RecordedType } from "../../journal/index";
import { type SlotInput, slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";
import type { StackIdentity } from "./stack-identity";

/** What to do if two resources hold the same object. */
export const wayToRename =
  "If the resource was renamed, add aliases: [{ name: <old resource name> }] to the new one's options, and remove `adopt`.";

/** The stack's objects at the end of its last update, as the program passes them with each resource. */
export class HeldObjects {
  readonly #stack: StackIdentity;
  /** By type and slot name. */
  readonly #ids = new Map<string, string>();
  /** By type and id. */
  readonly #objects = new Set<string>();
  #before: SlotInput["heldBefore"];

  constructor(stack: StackIdentity) {
    this.#stack = stack;
  }

  /** Whether the stack contained nothing, as far as this run knows. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /**
   * Notes a resource's former object and the stack's former names, and removes them from the inputs: the
   * state need not repeat them, and an input that changed would be written again.
   *
   * @returns the inputs to store
   */
  note(type: RecordedType, inputs: Properties): Properties {
    const slot = slotSchema.safeParse(inputs["slot"]);
    if (!slot.success) return inputs;
    const { heldId, heldBefore, formerly, stack, name } = slot.data;
    const kept = { stack, name };
    this.#before ??= heldBefore;
    this.#stack.noteDeclared(stack, formerly);
    if (heldId !== undefined) {
      this.#ids.set(`${type} ${name}`, heldId);
      this.#objects.add(`${type} ${heldId}`);
    }
    return { ...inputs, slot: kept };
  }

  /** Returns the id of the object that the stack had for a resource; undefined if none. */
  idOf(type: RecordedType, slotName: string): string | undefined {
    return this.#ids.get(`${type} ${slotName}`);
  }

  /** Returns whether the stack had an object, in any slot. */
  has(type: RecordedType, objectId: string): boolean {
    return this.#objects.has(`${type} ${objectId}`);
  }

  /** Returns what allows the journal to read only its end; undefined if the program passed nothing. */
  knownBefore(stack: string): KnownBefore | undefined {
    const idIn = (type: RecordedType, slotName: string): string | undefined => this.idOf(type, slotName);
    return this.#before === undefined ? undefined : { ...this.#before, stack, idIn };
  }
}
