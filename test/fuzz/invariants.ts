import { strict as assert } from "node:assert";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import type { StackUnderTest } from "../engine/engine";
import { type Declaration, ownedOf, slotsOf } from "./declared";

const tenantType = "pulumi-nodejs:dynamic/resistant:Tenant";
const applicationType = "pulumi-nodejs:dynamic/resistant:TenantApplication";

/** What was handed over: customers, each with the ids of its applications. */
export type ReleasedCustomers = ReadonlyMap<string, readonly string[]>;

/**
 * Asserts that the vendor holds exactly what the state holds and what was handed over, that this is what is declared,
 * and that each application has a credential that works.
 */
export async function assertConsistent(
  stack: StackUnderTest,
  declaration: Declaration,
  released: ReleasedCustomers,
): Promise<void> {
  const existing = stack.sandbox.control.tenants();
  const tenants = existing.filter(({ name }) => !released.has(name));
  assertUntouched(stack, released);
  const heldTenants = await heldIds(stack, tenantType);
  const heldApplications = await heldApplicationsOf(stack);
  assert.deepEqual(
    sorted(tenants.map(({ tenantId }) => tenantId)),
    sorted(heldTenants.values()),
    "the tenants at the vendor are not those in the state",
  );
  const applications = tenants.flatMap((tenant) => tenant.applications);
  assert.deepEqual(
    sorted(applications.map(({ applicationId }) => applicationId)),
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
  for (const [slot, applicationId] of heldApplications) {
    const made = applications.find((application) => application.applicationId === applicationId);
    const wanted = declared.get(slot);
    assert.ok(made !== undefined && wanted !== undefined);
    const tenant = tenants.find((candidate) => candidate.applications.includes(made));
    assert.deepEqual(
      {
        tenant: tenant?.name,
        cell: made.cell,
        scopes: made.scopes.toSorted(),
        authMethod: made.authMethod.type,
      },
      {
        tenant: slot.split("/")[0],
        cell: wanted.cell,
        scopes: wanted.scopes.toSorted(),
        authMethod: wanted.authMethod,
      },
      `application ${applicationId} of ${slot} is not as declared`,
    );
  }
  if (declaration.length === 0) return;
  for (const application of toApplications(await stack.workspace.outputs())) {
    await proveSecret(stack.aws, application);
  }
}

/** Asserts that each tenant and application at the vendor is in the state, was handed over, or is named by `reconcile`. */
export async function assertAllNamed(stack: StackUnderTest, released: ReleasedCustomers): Promise<void> {
  const { exitCode, stdout, stderr } = await stack.tenants("reconcile", "--json");
  assert.ok(exitCode === 0 || exitCode === 3, `reconcile failed:\n${stdout}${stderr}`);
  const { resources } = (await stack.workspace.exportState()).deployment;
  const held = new Set(resources.map(({ id }) => id));
  const ids = stack.sandbox.control
    .tenants()
    .filter(({ name }) => !released.has(name))
    .flatMap(({ tenantId, applications }) => [
      tenantId,
      ...applications.map(({ applicationId }) => applicationId),
    ]);
  const unnamed = ids.filter((id) => !held.has(id) && !stdout.includes(id));
  assert.deepEqual(unnamed, [], `reconcile does not name what no state holds:\n${stdout}`);
}

/** Asserts that the state holds one generation of each application, and none twice. */
export async function assertOneGenerationEach(stack: StackUnderTest): Promise<void> {
  await heldApplicationsOf(stack);
}

/** Gives the ids of the applications that the state holds, by slot, whichever generation each is. */
async function heldApplicationsOf(stack: StackUnderTest): Promise<Map<string, string>> {
  const held = await heldIds(stack, applicationType);
  const bySlot = new Map([...held].map(([name, id]) => [name.split("/").slice(0, 3).join("/"), id]));
  assert.equal(bySlot.size, held.size, `a slot has more than one generation: ${[...held.keys()].join(", ")}`);
  return bySlot;
}

/** Gives the ids of what the state holds of a type, by name. */
async function heldIds(stack: StackUnderTest, type: string): Promise<Map<string, string>> {
  const { resources } = (await stack.workspace.exportState()).deployment;
  const ofType = resources.filter((resource) => resource.type === type);
  const named = new Map(ofType.map(({ urn, id }) => [urn.slice(urn.lastIndexOf("::") + 2), id ?? ""]));
  assert.equal(named.size, ofType.length, `the state holds a ${type} twice: ${JSON.stringify(ofType)}`);
  return named;
}

function assertUntouched(stack: StackUnderTest, released: ReleasedCustomers): void {
  const existing = stack.existing();
  for (const [name, applications] of released)
    assert.deepEqual(existing[name], applications, `customer ${name} was released, and is not as it was`);
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].toSorted();
}

/**
 * Asserts that the audit log has no gap and no change, whatever was killed while it was written; what was cut off, and no
 * update came back to, is settled first, as its verification says.
 *
 * @returns Resolves with whether there was any.
 */
export async function assertSoundRecord(stack: StackUnderTest): Promise<boolean> {
  const first = await stack.tenants("audit", "verify");
  const isCutOff = first.stdout.includes("[open]") && first.stdout.includes("reconcile --fix");
  if (isCutOff) {
    const { exitCode, stdout, stderr } = await stack.tenants("reconcile", "--fix", "--yes");
    assert.equal(exitCode, 0, `reconcile --fix did not settle it:\n${stdout}${stderr}`);
  }
  const { exitCode, stdout, stderr } = isCutOff ? await stack.tenants("audit", "verify") : first;
  assert.equal(exitCode, 0, `the record is not sound:\n${stdout}${stderr}`);
  return isCutOff;
}

/** Asserts that one more `up` changes nothing and sends nothing. */
export async function assertQuiet(stack: StackUnderTest, env: Record<string, string>): Promise<void> {
  const { control } = stack.sandbox;
  const begin = control.requestLog().length;
  await stack.succeed(["up", "--yes", "--skip-preview", "--expect-no-changes"], { env });
  const sent = control.requestLog().slice(begin);
  assert.deepEqual(
    sent.map(({ operation }) => operation),
    [],
    "an up that changes nothing sent requests",
  );
}

/** Asserts that nothing is left but what was handed over: no tenant, no application, no secret that is not on its way out. */
export async function assertDestroyed(stack: StackUnderTest, released: ReleasedCustomers): Promise<void> {
  assertUntouched(stack, released);
  assert.deepEqual(
    sorted(Object.keys(stack.existing())),
    sorted(released.keys()),
    "something is left at the vendor after destroy",
  );
  const secrets = await stack.listSecrets({ includePlannedDeletion: false });
  const owners = secrets.map((name) => name.slice(stack.secretPrefix.length).split("/")[2] ?? "");
  assert.deepEqual(
    sorted(new Set(owners)),
    sorted(released.keys()),
    `the secrets that are left after destroy are not those of whom was released: ${secrets.join(", ")}`,
  );
  const { resources } = (await stack.workspace.exportState()).deployment;
  assert.deepEqual(
    resources.map(({ urn }) => urn),
    [],
    "something is left in the state after destroy",
  );
}
