import { setTimeout as sleepMs } from "node:timers/promises";

import {
  type AuditLog,
  type ComparedCopy,
  compareWithCopy,
  type Verifier,
} from "pulumi-resistant-tenants/internal/journal";

/** How recent a journal's last event is if CloudWatch Logs may not show all of them yet, in milliseconds. */
const recentMs = 120_000;

/** The waits between the reads of a log group that lacks recent events, in milliseconds. */
const waitsMs = [1_000, 2_000, 4_000];

/**
 * Compares a journal with its copy in the log group. CloudWatch Logs shows an event only some seconds after it accepted it,
 * so a copy that lacks events is read again if the journal has just been written.
 *
 * @param deliver the command that adds missing events to the copy
 * @param sleep waits; given by tests
 */
export async function compareWithLog(
  verifier: Verifier,
  stack: string,
  auditLog: Pick<AuditLog, "copies" | "location">,
  deliver?: string,
  sleep: (delayMs: number) => Promise<void> = sleepMs,
): Promise<ComparedCopy> {
  const compare = (): Promise<ComparedCopy> =>
    compareWithCopy(verifier, stack, auditLog.copies(stack), auditLog.location, deliver);
  let compared = await compare();
  const lastAt = verifier.finish().chains.find((chain) => chain.stack === stack)?.head.at ?? "";
  if (!(Date.now() - Date.parse(lastAt) < recentMs)) return compared;
  for (const waitMs of waitsMs) {
    if (compared.lacking.size === 0) break;
    await sleep(waitMs);
    compared = await compare();
  }
  return compared;
}
