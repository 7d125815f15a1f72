import { strict as assert } from "node:assert";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import type { StackUnderTest } from "../engine/engine";
import { type Declaration, slotsOf } from "./declared";

const tenantType = "pulumi-nodejs:dynamic/resistant:Tenant";
const applicationType = "pulumi-nodejs:dynamic/resistant:TenantApplication";

/**
 * Asserts that the vendor holds exactly what the state holds, that this is what is declared, and that each application
 * has a credential that works.
 */
export async function assertConsistent(stack: StackUnderTest, declaration: Declaration): Promise<void> {
  const { resources } = (await stack.workspace.exportState()).deployment;
  const held = (type: string): Map<string, string> => {
    const ofType = resources.filter((resource) => resource.type === type);
    const named = new Map(ofType.map(({ urn, id }) => [urn.slice(urn.lastIndexOf("::") + 2), id ?? ""]));
    assert.equal(named.size, ofType.length, `the state holds a ${type} twice: ${JSON.stringify(ofType)}`);
    return named;
  };
  const tenants = stack.sandbox.control.tenants();
  const heldTenants = held(tenantType);
  const heldApplications = held(applicationType);
  const sorted = (ids: Iterable<string>): string[] => [...ids].toSorted();
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
    sorted(declaration.map(({ name }) => name)),
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
  if (declared.size === 0) return;
  for (const application of toApplications(await stack.workspace.outputs())) {
    await proveSecret(stack.aws, application);
  }
}

/** Asserts that one more `up` changes nothing and sends nothing. */
export async function assertQuiet(stack: StackUnderTest): Promise<void> {
  const { control } = stack.sandbox;
  const begin = control.requestLog().length;
  await stack.up("--expect-no-changes");
  const sent = control.requestLog().slice(begin);
  assert.deepEqual(
    sent.map(({ operation }) => operation),
    [],
    "an up that changes nothing sent requests",
  );
}

/** Asserts that nothing is left: no tenant, no application, no secret that is not on its way out. */
export async function assertDestroyed(stack: StackUnderTest): Promise<void> {
  assert.deepEqual(stack.existing(), {}, "something is left at the vendor after destroy");
  assert.deepEqual(
    await stack.listSecrets({ includePlannedDeletion: false }),
    [],
    "a secret is left after destroy",
  );
  const { resources } = (await stack.workspace.exportState()).deployment;
  assert.deepEqual(
    resources.map(({ urn }) => urn),
    [],
    "something is left in the state after destroy",
  );
}
