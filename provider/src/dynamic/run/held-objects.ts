import type { KnownBefore, RecordedType } from "../../journal/index";
import { type SlotInput, slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";
import type { StackIdentity } from "./stack-identity";

/** What the stack held when its last update ended, as its program tells with each resource. */
export class HeldObjects {
  readonly #stack: StackIdentity;
  /** By type and slot name. */
  readonly #ids = new Map<string, string>();
  #before: SlotInput["heldBefore"];

  constructor(stack: StackIdentity) {
    this.#stack = stack;
  }

  /** Whether the stack held nothing, as far as this run knows by now. */
  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /**
   * Notes which object the stack held for a resource, and under which names, and takes that out of its inputs: the state
   * need not repeat it, and an input that changed would be written again.
   *
   * @returns the inputs as they are to be kept
   */
  note(type: RecordedType, inputs: Properties): Properties {
    const slot = slotSchema.safeParse(inputs["slot"]);
    if (!slot.success) return inputs;
    const { heldId, heldBefore, formerly, stack, name } = slot.data;
    const kept = { stack, name };
    this.#before ??= heldBefore;
    this.#stack.noteDeclared(stack, formerly);
    if (heldId !== undefined) this.#ids.set(`${type} ${name}`, heldId);
    return { ...inputs, slot: kept };
  }

  /** Gives the id of the object that the stack held for a resource, if it held one. */
  idOf(type: RecordedType, slotName: string): string | undefined {
    return this.#ids.get(`${type} ${slotName}`);
  }

  /** Tells whether the stack held an object, in whatever place. */
  has(type: RecordedType, objectId: string): boolean {
    return [...this.#ids].some(([place, heldId]) => place.startsWith(`${type} `) && heldId === objectId);
  }

  /** Gives what the journal takes to read its end alone; undefined where the program tells nothing of it. */
  knownBefore(stack: string): KnownBefore | undefined {
    const idIn = (type: RecordedType, slotName: string): string | undefined => this.idOf(type, slotName);
    return this.#before === undefined ? undefined : { ...this.#before, stack, idIn };
  }
}
