import { strict as assert } from "node:assert";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import type { StackUnderTest } from "../engine/engine";
import type { Declaration } from "./declared";
import { assertAsDeclared, assertNamed, assertNothingLeft, bySlot, type ReleasedCustomers } from "./objects";

const tenantType = "pulumi-nodejs:dynamic/resistant:Tenant";
const applicationType = "pulumi-nodejs:dynamic/resistant:TenantApplication";

/**
 * Asserts that the vendor holds exactly what the state holds and what was handed over, that this is what is declared,
 * and that each application has a credential that works.
 */
export async function assertConsistent(
  stack: StackUnderTest,
  declaration: Declaration,
  released: ReleasedCustomers,
): Promise<void> {
  const objects = {
    tenants: stack.sandbox.control.tenants(),
    heldTenants: await heldIds(stack, tenantType),
    heldApplications: await heldIds(stack, applicationType),
  };
  assertAsDeclared(objects, declaration, released);
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
  assertNamed(stack.sandbox.control.tenants(), held, stdout, released);
}

/** Asserts that the state holds one generation of each application, and none twice. */
export async function assertOneGenerationEach(stack: StackUnderTest): Promise<void> {
  bySlot(await heldIds(stack, applicationType));
}

/** Gives the ids of what the state holds of a type, by name. */
async function heldIds(stack: StackUnderTest, type: string): Promise<Map<string, string>> {
  const { resources } = (await stack.workspace.exportState()).deployment;
  const ofType = resources.filter((resource) => resource.type === type);
  const named = new Map(ofType.map(({ urn, id }) => [urn.slice(urn.lastIndexOf("::") + 2), id ?? ""]));
  assert.equal(named.size, ofType.length, `the state holds a ${type} twice: ${JSON.stringify(ofType)}`);
  return named;
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
  const secrets = await stack.listSecrets({ includePlannedDeletion: false });
  const left = {
    tenants: stack.sandbox.control.tenants(),
    secretNames: secrets.map((name) => name.slice(stack.secretPrefix.length)),
    urns: (await stack.workspace.exportState()).deployment.resources.map(({ urn }) => urn),
  };
  assertNothingLeft(left, released);
}
