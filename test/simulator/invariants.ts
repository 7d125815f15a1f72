import { strict as assert } from "node:assert";

import { Holding } from "../../provider/src/journal/holding";
import { objectIdOf, verifyJournal } from "../../provider/src/journal/index";
import { Memory } from "../../provider/src/journal/memory";
import { generationOf, secretNameOf } from "../../provider/src/names/resource-name";
import { releasedType, tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import { heldBeforeOf } from "../../provider/src/program/held-before";
import { toKeyObject } from "../../sandbox/api/keys";
import { type Declaration, ownedOf, slotsOf } from "../fuzz/declared";
import {
  assertAsDeclared,
  assertNamed,
  assertNothingLeft,
  type Objects,
  type ReleasedCustomers,
  slotOfName,
} from "../fuzz/objects";
import { apiUrl } from "./api";
import type { StateResource } from "./engine-model";
import { isPrivateKeyIn, keyIdOf, thumbprintOf } from "./key-pairs";
import { reconcile, reconcileAndFix } from "./reconcile";
import type { CommandResult, SimulatedStack } from "./stack";

/** What must hold of a simulated stack: `test/fuzz/objects.ts`, and what the fuzzer asks the engine and AWS for. */

/**
 * Asserts that a command was refused, and for no other reason than this one.
 *
 * @param what - what was done if it was not refused
 */
export function assertRefused({ end, failures }: CommandResult, because: RegExp, what: string): void {
  assert.equal(end, "failed", what);
  const others = failures.filter((failure) => !because.test(failure));
  assert.deepEqual(others, [], `refused for another reason than ${String(because)}: ${others.join("; ")}`);
}

/** Gives the applications at the vendor by the name of their tenant. */
export function existingIn(stack: SimulatedStack): Record<string, string[]> {
  return Object.fromEntries(
    stack.api
      .tenants()
      .map(({ name, applications }) => [name, applications.map(({ applicationId }) => applicationId)]),
  );
}

/** Gives what the state holds, in a form to compare. */
export function contentOf({ checkpoint }: SimulatedStack): object[] {
  const nameOf = ({ urn, id = "" }: StateResource): string => `${urn} ${id}`;
  return checkpoint.resources
    .toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)))
    .map(({ urn, id, outputs }) => ({ urn, id, outputs }));
}

/** Gives the ids of the applications that the state holds by slot, oldest generation first. */
export function idsBySlot(stack: SimulatedStack): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  const held = [...heldIds(stack, tenantApplicationType)].toSorted(
    ([one], [other]) => generationOf(one) - generationOf(other),
  );
  for (const [name, id] of held) ids.set(slotOfName(name), [...(ids.get(slotOfName(name)) ?? []), id]);
  return ids;
}

/**
 * Asserts that the vendor holds exactly what the state holds and what was handed over, that this is what is declared,
 * and that each application's secret holds its credential.
 */
export function assertConsistent(
  stack: SimulatedStack,
  declaration: Declaration,
  released: ReleasedCustomers,
): void {
  assertOnRecord(stack);
  assertNothingKept(stack);
  const held = assertAsDeclared(objectsOf(stack), declaration, released);
  const slots = new Map([...held].map(([slot, id]) => [id, slot]));
  for (const { tenantId, applications } of stack.api.tenants().filter(({ name }) => !released.has(name))) {
    for (const { applicationId, clientId, authMethod } of applications) {
      const slot = slots.get(applicationId) ?? "";
      const value = stack.secrets.valueOf(secretNameOf("simulated", stack.stage, slot));
      const stored = JSON.parse(value ?? "{}") as Record<string, unknown>;
      const keyId = authMethod.type === "CLIENT_SECRET" ? undefined : authMethod.kid;
      assert.deepEqual(
        [stored["application_id"], stored["client_id"], stored["client_secret"], stored["key_id"]],
        [applicationId, clientId, stack.api.clientSecretOf(tenantId, applicationId), keyId],
        `the secret of ${slot} does not hold its credential`,
      );
      if (authMethod.type !== "CLIENT_SECRET")
        assert.equal(
          keyIdOf(String(stored["private_key"])),
          thumbprintOf(toKeyObject(authMethod)),
          `the private key of ${slot} is another's`,
        );
    }
  }
}

/**
 * Asserts that the end of the record says exactly what the state holds: then the next run need not read the rest. A delete
 * that was cut off, and whose object a refresh has found gone, is on record as it was. So is one that was carried out
 * although its answers do not say so, until `reconcile --fix` records what became of the object. A replacement that got
 * no answer, and was withdrawn, stays open on record.
 */
export async function assertHoldingOnRecord(stack: SimulatedStack): Promise<void> {
  if (defectsOf(stack).length > 0) return;
  if (hasWithdrawnReplacement(stack)) return;
  if (hasUnconfirmedDelete(stack)) await reconcileAndFix(stack);
  const last = stack.journal.events().at(-1);
  const holding = heldBeforeOf([...stack.checkpoint.resources])?.holding ?? new Holding().toString();
  if (last !== undefined)
    assert.equal(last.holds, holding, "the end of the record does not say what the state holds");
}

/** A slot whose last create got no answer still has the application that was to be replaced, as it is declared again. */
function hasWithdrawnReplacement(stack: SimulatedStack): boolean {
  const memory = new Memory();
  for (const event of stack.journal.events()) memory.add(event);
  const type = "TenantApplication";
  return [...heldIds(stack, tenantApplicationType)].some(([slot, heldId]) => {
    const history = memory.historyOf({ type, stack: stack.name, slot, apiUrl, heldId });
    return history.kind === "open" && history.intent.known?.includes(heldId) === true;
  });
}

function hasUnconfirmedDelete({ journal }: SimulatedStack): boolean {
  const unconfirmed = new Set<string | undefined>();
  for (const event of journal.events()) {
    if (event.event !== "result" || event.operation !== "delete") continue;
    if (event.outcome === "unknown") unconfirmed.add(objectIdOf(event));
    else if (event.outcome !== "failed") unconfirmed.delete(objectIdOf(event));
  }
  return unconfirmed.size > 0;
}

/** Asserts that each event says what the stack holds after it by all that was recorded so far, whatever its run had read. */
function assertHoldings(stack: SimulatedStack): void {
  const memory = new Memory();
  for (const event of stack.journal.events()) {
    memory.add(event);
    assert.equal(
      event.holds,
      memory.holdingOf(event.stack),
      `${event.operation} ${event.slot} (${event.event}) does not say what the stack holds after it`,
    );
  }
}

/** Asserts that what was handed over left no credential in the state. */
function assertNothingKept(stack: SimulatedStack): void {
  for (const { type, name, outputs } of stack.checkpoint.resources) {
    if (type === releasedType) assertNoCredentialsIn(stack, JSON.stringify(outputs), `kept in ${name}`);
  }
}

/** Asserts that each tenant and application in the state says where its create is on record, and that it is there. */
function assertOnRecord(stack: SimulatedStack): void {
  const results = new Map(
    stack.journal
      .entries()
      .flatMap((entry) =>
        entry.kind === "event" && entry.event.event === "result"
          ? [[entry.event.sequence, entry.event] as const]
          : [],
      ),
  );
  for (const { type, name, id, outputs } of stack.checkpoint.resources) {
    if (type !== tenantType && type !== tenantApplicationType) continue;
    const { sequence } = (outputs["recordedAs"] ?? {}) as { sequence?: number };
    const result = results.get(sequence);
    assert.equal(
      type === tenantType ? result?.tenantId : result?.applicationId,
      id,
      `${name} (${id ?? ""}) does not say where its create is on record`,
    );
  }
}

/** Asserts that each tenant and application at the vendor is in the state, was handed over, or is named by `reconcile`. */
export async function assertAllNamed(stack: SimulatedStack, released: ReleasedCustomers): Promise<void> {
  const { findings } = await reconcile(stack);
  const held = new Set(stack.checkpoint.resources.map(({ id }) => id));
  assertNamed(stack.api.tenants(), held, JSON.stringify(findings), released);
}

/** Asserts that no two resources of the state are one tenant or one application: whoever deletes one deletes the other. */
export function assertNoneHeldTwice(stack: SimulatedStack): void {
  for (const type of [tenantType, tenantApplicationType]) {
    const held = [...heldIds(stack, type)];
    const twice = held.filter(([, id]) => held.filter(([, other]) => other === id).length > 1);
    assert.deepEqual(twice, [], "the state holds one object twice");
  }
}

/** Tells whether the state holds one generation of each application. */
export function hasOneGenerationEach(stack: SimulatedStack): boolean {
  const names = [...heldIds(stack, tenantApplicationType).keys()];
  return new Set(names.map(slotOfName)).size === names.length;
}

/**
 * Asserts that the record has no gap and no change; what was cut off, and no update came back to, is settled first.
 *
 * @returns Resolves with whether there was any.
 */
export async function assertSoundRecord(stack: SimulatedStack): Promise<boolean> {
  const isCutOff = defectsOf(stack).some(({ kind }) => kind === "open");
  if (isCutOff) await reconcileAndFix(stack);
  assert.deepEqual(defectsOf(stack), [], "the record is not sound");
  assertHoldings(stack);
  return isCutOff;
}

/**
 * Asserts that a command which was not killed has recorded how everything ended that it had announced.
 *
 * @param from how many lines the journal had before it
 */
export function assertEnded(stack: SimulatedStack, from: number): void {
  const open = new Map<string, string>();
  for (const entry of stack.journal.entries(from)) {
    if (entry.kind !== "event") continue;
    const { event } = entry;
    if (event.event === "intent") open.set(event.id, `${event.operation} ${event.type} ${event.slot}`);
    else open.delete(event.intent);
  }
  assert.deepEqual([...open.values()], [], "a command that was not killed recorded no end of what it began");
}

function defectsOf(stack: SimulatedStack): ReturnType<typeof verifyJournal>["defects"] {
  return verifyJournal(stack.journal.entries(), "journal.jsonl").defects;
}

/** Asserts that nothing is left but what was handed over. */
export function assertDestroyed(stack: SimulatedStack, released: ReleasedCustomers): void {
  const left = {
    tenants: stack.api.tenants(),
    secretNames: stack.secrets.living().map(({ name }) => name),
    urns: stack.checkpoint.resources.map(({ urn }) => urn),
  };
  assertNothingLeft(left, released);
}

/** Asserts that the record, and what was printed, hold no credential. */
export function assertNoCredentials(stack: SimulatedStack): void {
  const texts = { "in the journal": [stack.journal.text], printed: [...stack.printed, ...stack.warnings] };
  for (const [where, all] of Object.entries(texts)) {
    for (const text of all) assertNoCredentialsIn(stack, text, where);
  }
}

function assertNoCredentialsIn({ api }: SimulatedStack, text: string, where: string): void {
  for (const secret of api.secrets) assert.ok(!text.includes(secret), `a secret was ${where}`);
  assert.ok(!isPrivateKeyIn(text), `a private key was ${where}`);
}

/**
 * Throws where a delete takes away what a declared customer works with: a tenant that is declared, or the application
 * that a declared slot has, and no other in its place.
 */
export function assertMayBeDeleted(
  stack: SimulatedStack,
  declaration: Declaration,
  tenantId: string,
  applicationId: string | undefined,
): void {
  const tenant = stack.api.tenants().find((other) => other.tenantId === tenantId);
  const customer = ownedOf(declaration).find(({ name }) => name === tenant?.name);
  if (tenant === undefined || customer === undefined) return;
  if (applicationId === undefined) throw new Error(`tenant ${tenant.name}, which is declared, was deleted`);
  const held = heldIds(stack, tenantApplicationType);
  const [name] = [...held].find(([, id]) => id === applicationId) ?? [];
  if (name === undefined || !slotsOf(declaration).has(slotOfName(name))) return;
  const hasSuccessor = [...held].some(
    ([other, id]) =>
      other !== name &&
      slotOfName(other) === slotOfName(name) &&
      tenant.applications.some((there) => there.applicationId === id),
  );
  if (!hasSuccessor) throw new Error(`the only application of ${name}, which is declared, was deleted`);
}

/** Throws where an engine's command deletes an application that the state does not hold, and nobody allowed that. */
export function assertDeletedAsAsked(stack: SimulatedStack, applicationId: string | undefined): void {
  if (applicationId === undefined || stack.replacesLostApplications) return;
  if (stack.checkpoint.resources.some(({ id }) => id === applicationId)) return;
  throw new Error(`application ${applicationId}, which the state does not hold, was deleted unasked`);
}

function objectsOf(stack: SimulatedStack): Objects {
  return {
    tenants: stack.api.tenants(),
    heldTenants: heldIds(stack, tenantType),
    heldApplications: heldIds(stack, tenantApplicationType),
  };
}

/** Gives the ids of what the state holds of a type, by name, but for what waits to be deleted. */
function heldIds({ checkpoint }: SimulatedStack, type: string): Map<string, string> {
  const held = checkpoint.resources.filter((resource) => resource.type === type && !resource.delete);
  return new Map(held.map(({ name, id }: StateResource) => [name, id ?? ""]));
}
