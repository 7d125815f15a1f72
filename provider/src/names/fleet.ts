import { createHash } from "node:crypto";

/** The most bits of a fleet: 65,536 stacks are more than anyone needs. */
export const mostFleetBits = 16;

/**
 * Returns the name of a customer's stack if the stage is a fleet: `<stage>-<bits>`, with the first bits of the SHA-256
 * of the customer's name. Anyone can compute it: `printf %s acme | sha256sum`.
 *
 * @param stage the stage's name on the command line: `prod`
 * @param bits `fleet.bits` of `Pulumi.yaml`; with 0 the stage is one stack of that name
 * @param customer the customer's name
 * @example
 * ```ts
 * fleetStackOf("prod", 3, "acme"); // "prod-100"
 * ```
 */
export function fleetStackOf(stage: string, bits: number, customer: string): string {
  if (bits === 0) return stage;
  const digest = createHash("sha256").update(customer).digest();
  const digits = [...digest.subarray(0, Math.ceil(bits / 8))].map((byte) =>
    byte.toString(2).padStart(8, "0"),
  );
  return `${stage}-${digits.join("").slice(0, bits)}`;
}

/** Lists the names of all stacks of a stage. */
export function fleetStacks(stage: string, bits: number): string[] {
  if (bits === 0) return [stage];
  return Array.from(
    { length: 2 ** bits },
    (_, number) => `${stage}-${number.toString(2).padStart(bits, "0")}`,
  );
}

/** Returns the number of bits in a stack's name; undefined if it is not a stack of the stage. */
export function fleetBitsIn(stage: string, stack: string): number | undefined {
  if (stack === stage) return 0;
  if (!stack.startsWith(`${stage}-`)) return undefined;
  const digits = stack.slice(stage.length + 1);
  return /^[01]+$/.test(digits) && digits.length <= mostFleetBits ? digits.length : undefined;
}
