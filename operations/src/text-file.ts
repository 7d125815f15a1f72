import { readFile } from "node:fs/promises";

const byteOrderMark = "\ufeff";

/**
 * Reads a text file that a shell may have written from a program's output: PowerShell writes `>` in UTF-16, or puts a byte
 * order mark before UTF-8.
 */
export async function readTextFile(file: string): Promise<string> {
  const bytes = await readFile(file);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = bytes.toString(isUtf16 ? "utf16le" : "utf8");
  return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}
