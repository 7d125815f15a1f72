import { strict as assert } from "node:assert";

import { verifyJournal } from "../../provider/src/journal/index";
import { secretNameOf } from "../../provider/src/names/resource-name";
import { tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import { type Declaration, ownedOf, slotsOf } from "../fuzz/declared";
import type { ReleasedCustomers } from "../fuzz/invariants";
import type { StateResource } from "./engine-model";
import { reconcile, reconcileAndFix } from "./reconcile";
import type { SimulatedStack } from "./stack";

/**
 * The invariants of `test/fuzz/invariants.ts`, of a simulated stack. What the fuzzer asks the engine and AWS for is looked
 * at here.
 */

/** Gives the applications at the vendor by the name of their tenant. */
export function existingIn(stack: SimulatedStack): Record<string, string[]> {
  return Object.fromEntries(
    stack.api
      .tenants()
      .map(({ name, applications }) => [name, applications.map(({ applicationId }) => applicationId)]),
  );
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
  assertUntouched(stack, released);
  const tenants = stack.api.tenants().filter(({ name }) => !released.has(name));
  const heldTenants = heldIds(stack, tenantType);
  const heldApplications = heldApplicationsOf(stack);
  const isOf = new Set(
    tenants.flatMap(({ applications }) => applications.map(({ applicationId }) => applicationId)),
  );
  assert.deepEqual(
    sorted(tenants.map(({ tenantId }) => tenantId)),
    sorted(heldTenants.values()),
    "the tenants at the vendor are not those in the state",
  );
  assert.deepEqual(
    sorted(isOf),
    sorted(heldApplications.values()),
    "the applications at the vendor are not those in the state",
  );
  assert.deepEqual(
    sorted(tenants.map(({ name }) => name)),
    sorted(ownedOf(declaration).map(({ name }) => name)),
    "the tenants at the vendor are not those declared",
  );
  const declared = slotsOf(declaration);
  assert.deepEqual(
    sorted(heldApplications.keys()),
    sorted(declared.keys()),
    "the applications in the state are not those declared",
  );
  for (const { name, tenantId, applications } of tenants) {
    for (const { applicationId, clientId, cell, scopes, authMethod } of applications) {
      const [slot = ""] = [...heldApplications].find(([, id]) => id === applicationId) ?? [];
      const wanted = declared.get(slot);
      assert.deepEqual(
        { tenant: name, cell, scopes: scopes.toSorted(), authMethod: authMethod.type },
        {
          tenant: slot.split("/")[0],
          cell: wanted?.cell,
          scopes: wanted?.scopes.toSorted(),
          authMethod: wanted?.authMethod,
        },
        `application ${applicationId} of ${slot} is not as declared`,
      );
      const value = stack.secrets.valueOf(secretNameOf("simulated", stack.stage, slot));
      const stored = JSON.parse(value ?? "{}") as Record<string, unknown>;
      const keyId = authMethod.type === "CLIENT_SECRET" ? undefined : authMethod.kid;
      assert.deepEqual(
        [stored["application_id"], stored["client_id"], stored["client_secret"], stored["key_id"]],
        [applicationId, clientId, stack.api.clientSecretOf(tenantId, applicationId), keyId],
        `the secret of ${slot} does not hold its credential`,
      );
      if (keyId !== undefined)
        assert.equal(typeof stored["private_key"], "string", `${slot} has no private key`);
    }
  }
}

/** Asserts that each tenant and application at the vendor is in the state, was handed over, or is named by `reconcile`. */
export async function assertAllNamed(stack: SimulatedStack, released: ReleasedCustomers): Promise<void> {
  const { findings } = await reconcile(stack);
  const held = new Set(stack.checkpoint.resources.map(({ id }) => id));
  const said = JSON.stringify(findings);
  const ids = stack.api
    .tenants()
    .filter(({ name }) => !released.has(name))
    .flatMap(({ tenantId, applications }) => [
      tenantId,
      ...applications.map(({ applicationId }) => applicationId),
    ]);
  const unnamed = ids.filter((id) => !held.has(id) && !said.includes(id));
  assert.deepEqual(unnamed, [], "reconcile does not name what no state holds");
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
  return isCutOff;
}

function defectsOf(stack: SimulatedStack): ReturnType<typeof verifyJournal>["defects"] {
  return verifyJournal(stack.journal.entries(), "journal.jsonl").defects;
}

/** Asserts that nothing is left but what was handed over. */
export function assertDestroyed(stack: SimulatedStack, released: ReleasedCustomers): void {
  assertUntouched(stack, released);
  assert.deepEqual(
    sorted(Object.keys(existingIn(stack))),
    sorted(released.keys()),
    "something is left at the vendor after destroy",
  );
  const owners = stack.secrets.living().map(({ name }) => name.split("/")[2] ?? "");
  assert.deepEqual(
    sorted(new Set(owners)),
    sorted(released.keys()),
    "the secrets that are left after destroy are not those of whom was released",
  );
  assert.deepEqual(
    stack.checkpoint.resources.map(({ urn }) => urn),
    [],
    "something is left in the state after destroy",
  );
}

/** Asserts that the record holds no credential. */
export function assertNoCredentials(stack: SimulatedStack): void {
  for (const secret of stack.api.secrets)
    assert.ok(!stack.journal.text.includes(secret), "a secret is in the journal");
  assert.ok(!stack.journal.text.includes("PRIVATE KEY"), "a private key is in the journal");
  for (const text of stack.printed)
    for (const secret of stack.api.secrets) assert.ok(!text.includes(secret), "a secret was printed");
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

function assertUntouched(stack: SimulatedStack, released: ReleasedCustomers): void {
  const existing = existingIn(stack);
  for (const [name, applications] of released)
    assert.deepEqual(existing[name], applications, `customer ${name} was released, and is not as it was`);
}

/** Gives the ids of the applications that the state holds, by slot, whichever generation each is. */
function heldApplicationsOf(stack: SimulatedStack): Map<string, string> {
  const held = heldIds(stack, tenantApplicationType);
  const bySlot = new Map([...held].map(([name, id]) => [slotOfName(name), id]));
  assert.equal(bySlot.size, held.size, `a slot has more than one generation: ${[...held.keys()].join(", ")}`);
  return bySlot;
}

/** Gives the ids of what the state holds of a type, by name, but for what waits to be deleted. */
function heldIds({ checkpoint }: SimulatedStack, type: string): Map<string, string> {
  const held = checkpoint.resources.filter((resource) => resource.type === type && !resource.delete);
  return new Map(held.map(({ name, id }: StateResource) => [name, id ?? ""]));
}

function slotOfName(name: string): string {
  return name.split("/").slice(0, 3).join("/");
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].toSorted();
}
