import { strict as assert } from "node:assert";

import type { TenantRecord } from "../../sandbox/api";
import { type Declaration, ownedOf, slotsOf } from "./declared";

/*
 * What must hold of a vendor's objects, a stack's state and a declaration, whoever looks at them: the fuzzer on the engine
 * and the simulator without it.
 */

/** What was handed over: customers, each with the ids of its applications. */
export type ReleasedCustomers = ReadonlyMap<string, readonly string[]>;

/** What there is once a stack is at rest. */
export interface Objects {
  /** The vendor's tenants. */
  tenants: readonly TenantRecord[];
  /** The ids of the tenants that the state holds, by name. */
  heldTenants: ReadonlyMap<string, string>;
  /** The ids of the applications that the state holds, by the names of their resources. */
  heldApplications: ReadonlyMap<string, string>;
}

/**
 * Asserts that the vendor holds exactly what the state holds and what was handed over, and that this is what is declared.
 *
 * @returns the ids of the applications, by slot
 */
export function assertAsDeclared(
  { tenants: all, heldTenants, heldApplications }: Objects,
  declaration: Declaration,
  released: ReleasedCustomers,
): Map<string, string> {
  assertUntouched(all, released);
  const tenants = all.filter(({ name }) => !released.has(name));
  const held = bySlot(heldApplications);
  const applications = tenants.flatMap((tenant) => tenant.applications);
  assert.deepEqual(
    sorted(tenants.map(({ tenantId }) => tenantId)),
    sorted(heldTenants.values()),
    "the tenants at the vendor are not those in the state",
  );
  assert.deepEqual(
    sorted(applications.map(({ applicationId }) => applicationId)),
    sorted(held.values()),
    "the applications at the vendor are not those in the state",
  );
  assert.deepEqual(
    sorted(tenants.map(({ name }) => name)),
    sorted(ownedOf(declaration).map(({ name }) => name)),
    "the tenants at the vendor are not those declared",
  );
  const declared = slotsOf(declaration);
  assert.deepEqual(
    sorted(held.keys()),
    sorted(declared.keys()),
    "the applications in the state are not those declared",
  );
  const slots = new Map([...held].map(([slot, id]) => [id, slot]));
  for (const { name, applications: made } of tenants) {
    for (const { applicationId, cell, scopes, authMethod } of made) {
      const slot = slots.get(applicationId) ?? "";
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
    }
  }
  return held;
}

/** What there is once a stack is destroyed. */
export interface Left {
  tenants: readonly TenantRecord[];
  /** The names of the secrets that are not on their way out, without what all of them begin with. */
  secretNames: readonly string[];
  /** The URNs of the state. */
  urns: readonly string[];
}

/** Asserts that nothing is left but what was handed over. */
export function assertNothingLeft({ tenants, secretNames, urns }: Left, released: ReleasedCustomers): void {
  assertUntouched(tenants, released);
  assert.deepEqual(
    sorted(tenants.map(({ name }) => name)),
    sorted(released.keys()),
    "something is left at the vendor after destroy",
  );
  assert.deepEqual(
    sorted(new Set(secretNames.map((name) => name.split("/")[2] ?? ""))),
    sorted(released.keys()),
    `the secrets that are left after destroy are not those of whom was released: ${secretNames.join(", ")}`,
  );
  assert.deepEqual(urns, [], "something is left in the state after destroy");
}

/** Asserts that each tenant and application at the vendor is in the state, was handed over, or is named in a report. */
export function assertNamed(
  tenants: readonly TenantRecord[],
  held: ReadonlySet<string | undefined>,
  report: string,
  released: ReleasedCustomers,
): void {
  const ids = tenants
    .filter(({ name }) => !released.has(name))
    .flatMap(({ tenantId, applications }) => [
      tenantId,
      ...applications.map(({ applicationId }) => applicationId),
    ]);
  const unnamed = ids.filter((id) => !held.has(id) && !report.includes(id));
  assert.deepEqual(unnamed, [], `reconcile does not name what no state holds:\n${report}`);
}

/** Gives the ids of applications by slot, whichever generation each is. */
export function bySlot(heldApplications: ReadonlyMap<string, string>): Map<string, string> {
  const slots = new Map([...heldApplications].map(([name, id]) => [slotOfName(name), id]));
  const names = [...heldApplications.keys()];
  assert.equal(slots.size, names.length, `a slot has more than one generation: ${names.join(", ")}`);
  return slots;
}

/** Gives the slot of an application's resource: its name, but for the generation. */
export function slotOfName(name: string): string {
  return name.split("/").slice(0, 3).join("/");
}

function assertUntouched(tenants: readonly TenantRecord[], released: ReleasedCustomers): void {
  for (const [name, ids] of released)
    assert.deepEqual(
      tenants.find((tenant) => tenant.name === name)?.applications.map(({ applicationId }) => applicationId),
      ids,
      `customer ${name} was released, and is not as it was`,
    );
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].toSorted();
}
