import {
  type AuditLog,
  compareWithCopy,
  type EventEntry,
  hashOf,
  type Journal,
  Verifier,
} from "pulumi-resistant-tenants/internal/journal";

/**
 * Puts the events into the log group that it lacks, in their order, into a stream whose name says that they are late.
 *
 * @param verifyCommand the command that says what is wrong with the journal
 * @returns Resolves with how many there were.
 * @throws where the journal is not sound: what was changed in it must not get into its copy
 */
export async function deliverLate(
  stack: string,
  journal: Journal,
  auditLog: AuditLog,
  verifyCommand: string,
): Promise<number> {
  const verifier = new Verifier();
  for await (const entries of journal.stream()) verifier.take(entries);
  const { defects, lacking } = await compareWithCopy(
    verifier,
    stack,
    auditLog.copies(stack),
    auditLog.location,
  );
  verifier.add(...defects, ...(await journal.traces()).found);
  // An operation without an end is no change of the record.
  const wrong = verifier.finish().defects.filter(({ kind }) => kind !== "open");
  if (wrong.length > 0)
    throw new Error(`Nothing was delivered: the journal is not sound. Run \`${verifyCommand}\` first.`);
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
