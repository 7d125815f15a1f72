import {
  type AuditLog,
  type EventEntry,
  hashOf,
  type Journal,
  Verifier,
} from "pulumi-resistant-tenants/internal/journal";

import { compareWithLog } from "./copy";

/**
 * Sends the events that the log group lacks, in order, to a stream whose name marks them as late.
 *
 * @param verifyCommand the command that reports the journal's defects
 * @returns Resolves with the number of events sent.
 * @throws if the journal has defects: a changed event must not get into its copy
 */
export async function deliverLate(
  stack: string,
  journal: Journal,
  auditLog: AuditLog,
  verifyCommand: string,
): Promise<number> {
  const verifier = new Verifier();
  for await (const entries of journal.stream()) verifier.take(entries);
  const { defects, lacking } = await compareWithLog(verifier, stack, auditLog);
  verifier.add(...defects, ...(await journal.traces()).found);
  // An operation without an end does not mean that the record was changed.
  const wrong = verifier.finish().defects.filter(({ kind }) => kind !== "open");
  if (wrong.length > 0)
    throw new Error(`Nothing was delivered: the journal has defects. Run \`${verifyCommand}\` first.`);
  const late: EventEntry[] = [];
  for await (const entries of journal.stream())
    late.push(
      ...entries.flatMap((entry) =>
        entry.kind === "event" && lacking.has(hashOf(entry.text)) ? [entry] : [],
      ),
    );
  await auditLog.deliverLate(stack, late);
  return late.length;
}
