import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";

import { parseJson, printable } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** The interval at which a file that the engine is writing is read, in milliseconds. */
const pollMs = 200;

/**
 * Follows a file that the engine writes, line by line, to its end.
 *
 * @param ended aborted when nothing more will be written
 */
export async function followLines(
  file: string,
  ended: AbortSignal,
  onLine: (line: string) => Promise<void> | void,
): Promise<void> {
  const followed = await open(file, "r");
  try {
    // A character may lie on both sides of the end of a read.
    const decoder = new StringDecoder("utf8");
    let rest = "";
    let position = 0;
    for (;;) {
      const isLast = ended.aborted;
      const { buffer, bytesRead } = await followed.read(Buffer.alloc(1 << 16), 0, 1 << 16, position);
      position += bytesRead;
      rest += decoder.write(buffer.subarray(0, bytesRead));
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) await onLine(line);
      if (bytesRead === 0) {
        if (isLast) return;
        await sleep(pollMs, undefined, { signal: ended }).catch(() => undefined);
      }
    }
  } finally {
    await followed.close();
  }
}

const diagnosticsSchema = z.array(z.object({ severity: z.string(), message: z.string() })).catch([]);
const diagnosticSchema = z.object({
  diagnosticEvent: z.object({ severity: z.string(), message: z.string() }),
});

/**
 * Returns a command's errors in words: its diagnostics of severity `error`, which contain no credential.
 *
 * @param written the output of `pulumi preview --json` or `pulumi up --json`
 * @returns undefined if it reports no error
 */
export function problemIn(written: string): string | undefined {
  const whole = parseObject(written);
  const diagnostics =
    whole === undefined
      ? written
          .split("\n")
          .flatMap((line) => diagnosticSchema.safeParse(parseObject(line)).data?.diagnosticEvent ?? [])
      : diagnosticsSchema.parse(whole["diagnostics"]);
  const errors = diagnostics
    .filter(({ severity }) => severity.startsWith("error"))
    .map(({ message }) => cleaned(message));
  const told = [...new Set(errors)].filter((message) => message !== "");
  const causes = told.filter((message) => !consequence.test(message));
  return told.length === 0 ? undefined : (causes.length > 0 ? causes : told).join("\n");
}

/** What the engine also reports for each resource in a plan that the program did not reach before it ended. */
const consequence = /^expected resource operations for \S+ but none were seen$/;

/** Removes from a message the engine's general text about a failed update, and the SDK's own stack frames. */
export function cleaned(message: string): string {
  return message
    .split("\n")
    .filter((line) => !/^\s*at .*\(.*\)$/.test(line) && line.trim() !== "update failed")
    .map((line) => printable(line.replace(/^error: /, "")))
    .join("\n")
    .trim();
}

/** Parses a line, or all, of the engine's JSON output; undefined if it is not an object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  return text.trimStart().startsWith("{")
    ? (parseJson(text) as Record<string, unknown> | undefined)
    : undefined;
}
