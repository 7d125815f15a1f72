import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";

/**
 * How the engine compresses the states and the history of its own backends, by the ending that it adds to a file's
 * name: `PULUMI_DIY_BACKEND_GZIP`, `PULUMI_DIY_BACKEND_ZSTD`.
 */
const decompressions: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  ".gz": promisify(gunzip),
  ".zst": promisify(zstdDecompress),
};
const endings = Object.keys(decompressions);

/** Returns the names that a file may have: as it is, and with the ending of each compression. */
export function formsOf(file: string): string[] {
  return ["", ...endings].map((ending) => file + ending);
}

/** Returns a file's name without the ending of its compression. */
export function nameWithoutForm(file: string): string {
  const ending = endings.find((each) => file.endsWith(each)) ?? "";
  return file.slice(0, file.length - ending.length);
}

/**
 * Decompresses the content of a file, if its name has the ending of a compression, also before `.bak`.
 *
 * @throws if it is not compressed in this way
 */
export async function unpack(file: string, bytes: Buffer): Promise<string> {
  const name = file.replace(/\.bak$/, "");
  const [, decompress] = Object.entries(decompressions).find(([ending]) => name.endsWith(ending)) ?? [];
  return (decompress === undefined ? bytes : await decompress(bytes)).toString("utf8");
}
