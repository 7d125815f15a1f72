import { hash } from "node:crypto";

/**
 * A digest of the objects in a stack. Each event of the journal contains the digest of what the stack contains after
 * it, according to the record. A run compares it with the digest of the state. If they are equal, nothing earlier was
 * left behind, and the earlier events need not be read.
 */

/** An object in a stack, or a create without a result. */
export interface Held {
  apiUrl: string;
  type: string;
  /** The resource's name in the stack. */
  slot: string;
  /** Its id; for a create without a result, a question mark and the id of its intent. */
  id: string;
}

const modulus = 1n << 128n;

/** A sum over the objects in a stack. It depends only on the present objects, not on the order of changes. */
export class Holding {
  #sum: bigint;

  /** @param text the {@link toString} of another holding; default: an empty one */
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
