import { zstdCompressSync } from "node:zlib";

/** The contents of a stored state. */
export interface StateUse {
  /** Its size, in bytes. */
  readonly bytes: number;
  /** Its size as the engine stores it with `PULUMI_DIY_BACKEND_ZSTD`, in bytes. */
  readonly compressedBytes: number;
  /** The size of the copies of the provider's code in it, in bytes. */
  readonly providerBytes: number;
  /** How often it contains a client secret in plain text. */
  readonly plainSecrets: number;
}

/**
 * Measures a state.
 *
 * @param text as it is stored without compression
 * @param secrets every client secret that the API issued
 */
export function stateUse(text: string, secrets: readonly string[]): StateUse {
  return {
    bytes: Buffer.byteLength(text),
    compressedBytes: zstdCompressSync(text).length,
    providerBytes: providerBytes(JSON.parse(text)),
    plainSecrets: countIn(text, new Set(secrets)),
  };
}

/** Counts by words: a state of megabytes is read once, and not once for each of thousands of secrets. */
function countIn(text: string, secrets: ReadonlySet<string>): number {
  return text.split(/["\\\s]+/).filter((word) => secrets.has(word)).length;
}

/** Adds up the sizes of all `__provider` values, which may be encrypted. */
function providerBytes(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, child]: [string, unknown]) =>
      sum + (key === "__provider" ? Buffer.byteLength(JSON.stringify(child)) : providerBytes(child)),
    0,
  );
}
