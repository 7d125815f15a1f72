import {
  type AuditLog,
  compareWithState,
  type HeldObject,
  type Journal,
  type Verification,
  Verifier,
} from "pulumi-resistant-tenants/internal/journal";

import type { Stack } from "../stack/stack";
import { type HeldState, readState, readStateFile } from "../stack/state";
import { UsageError } from "../usage";
import { compareWithLog } from "./copy";
import { nothingAt, type Source, takenAway } from "./source";

/** What a journal is verified against, apart from itself. */
export interface Evidence {
  /** Event hashes that were noted earlier. */
  expected: readonly string[];
  /** A file that `pulumi stack export` wrote; undefined for the stack's current state, if the stack is known. */
  stateFile: string | undefined;
}

/**
 * Verifies a journal: its chain, its S3 object versions, and, if known, the state of its stack and the copy
 * in the log group.
 *
 * @throws if there is no journal at the given location
 */
export async function verify({ journal, stack }: Source, evidence: Evidence): Promise<Verification> {
  const verifier = new Verifier();
  const { location } = journal;
  let isEmpty = true;
  for await (const entries of journal.stream()) {
    isEmpty &&= entries.length === 0;
    verifier.take(entries);
  }
  await addTraces(verifier, journal);
  verifier.expect(evidence.expected, location);
  // A copy may contain the journal of one name only.
  if (stack !== undefined) verifier.expectFormerNames(location);
  if (stack === undefined && isEmpty) throw nothingAt(journal);
  const state = await stateOf({ journal, stack }, evidence, verifier);
  if (state !== undefined) {
    const { held, name } = state;
    if (isEmpty && held.tenants.length > 0)
      verifier.add({ kind: "missing", where: location, problem: takenAway });
    else {
      const compared = { stack: name, objects: objectsOf(held), released: held.released };
      verifier.add(...compareWithState(verifier, compared, location, stack?.typed(["reconcile", "--fix"])));
    }
  }
  if (stack?.auditLog !== undefined) await addCopy(verifier, stack, stack.auditLog);
  return verifier.finish();
}

async function addTraces(verifier: Verifier, journal: Journal): Promise<void> {
  const { found, notes } = await journal.traces();
  verifier.add(...found);
  verifier.note(...notes);
}

async function addCopy(
  verifier: Verifier,
  { name, typed }: Pick<Stack, "name" | "typed">,
  auditLog: AuditLog,
): Promise<void> {
  const deliver = typed(["audit", "deliver"]);
  const { defects, gaps, notes } = await compareWithLog(verifier, name, auditLog, deliver);
  verifier.add(...defects, ...gaps);
  verifier.note(...notes);
}

/** Returns the state to compare with, and the full name of its stack. */
async function stateOf(
  { journal, stack }: Source,
  { stateFile }: Evidence,
  verifier: Verifier,
): Promise<{ held: HeldState; name: string } | undefined> {
  if (stack !== undefined) return { held: await readState(stack.pulumi, stateFile), name: stack.name };
  if (stateFile === undefined) return undefined;
  const held = await readStateFile(stateFile);
  const names = verifier.finish().chains.map((chain) => chain.stack);
  const [, , stackName, , project] = held.rootUrn?.split(":") ?? [];
  const name = names.find((full) => full.endsWith(`/${project}/${stackName}`));
  if (name === undefined)
    throw new UsageError(
      `The state in ${stateFile} belongs to stack ${project ?? ""}/${stackName ?? ""}, but the journal ${journal.location} has no event of it. Use the state of the journal's stack.`,
    );
  return { held, name };
}

function objectsOf({ tenants, applications }: HeldState): HeldObject[] {
  return [
    ...tenants.map(({ tenantId, slot, recordedAs }) => ({
      type: "Tenant" as const,
      objectId: tenantId,
      slot,
      recordedAs,
    })),
    ...applications.map(({ applicationId, slot, recordedAs }) => ({
      type: "TenantApplication" as const,
      objectId: applicationId,
      slot,
      recordedAs,
    })),
  ];
}
