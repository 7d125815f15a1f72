import { hash } from "node:crypto";

/**
 * What a stack holds, as one short text that changes with each object: each event of the journal carries that of what
 * the record says the stack holds after it. A run compares it with that of what the state holds. Where they agree,
 * nothing was left behind by what came before, and all of that need not be read again.
 */

/** An object that a stack holds, or a create in it that has not ended. */
export interface Held {
  apiUrl: string;
  type: string;
  /** The resource's name in the stack. */
  slot: string;
  /** Its id; of a create that has not ended, a question mark and the id of its intent. */
  id: string;
}

const modulus = 1n << 128n;

/** A sum of what a stack holds: whatever comes and goes, in whatever order, the same holding has the same sum. */
export class Holding {
  #sum: bigint;

  /** @param text what {@link toString} gave of another; default: that of nothing */
  constructor(text = "0") {
    this.#sum = BigInt(`0x${text}`);
  }

  add(held: Held): void {
    this.#sum = (this.#sum + numberOf(held)) % modulus;
  }

  remove(held: Held): void {
    this.#sum = (this.#sum - numberOf(held) + modulus) % modulus;
  }

  toString(): string {
    return this.#sum.toString(16).padStart(32, "0");
  }
}

function numberOf({ apiUrl, type, slot, id }: Held): bigint {
  const text = JSON.stringify([apiUrl, type, slot, id]);
  return BigInt(`0x${hash("sha256", text).slice(0, 32)}`);
}
