import { strict as assert } from "node:assert";

import { apiOf, applicationBody, applicationSchema } from "../sandbox/api/client";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

/** Makes an application behind the stack's back. */
async function addApplication(stack: StackUnderTest, tenantId: string): Promise<string> {
  const api = await apiOf(stack.sandbox);
  const { json } = await api(
    "POST",
    `/tenants/${tenantId}/applications`,
    applicationBody({ type: "CLIENT_SECRET" }),
  );
  return applicationSchema.parse(json).id;
}

describe("deletion, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme, globex] });
    await stack.up();
  });
  afterEach(async () => {
    await stack.close();
  });

  const destroy = ["destroy", "--yes", "--skip-preview"];

  it("counts missing objects as deleted", async () => {
    stack.sandbox.control.deleteTenant(stack.tenantId("acme"));
    await stack.succeed(destroy);
    assert.deepEqual(stack.existing(), {});
  });

  it("refuses if the API knows nothing of the stack, and continues when confirmed", async () => {
    for (const name of ["acme", "globex"]) stack.sandbox.control.deleteTenant(stack.tenantId(name));
    assert.match(await stack.fail(destroy), /TENANTS_ACCEPT_MISSING=true/);
    await stack.succeed(destroy, { env: { TENANTS_ACCEPT_MISSING: "true" } });
  });

  it("lists the applications that keep a tenant from being deleted", async () => {
    const tenantId = stack.tenantId("acme");
    const id = await addApplication(stack, tenantId);
    assert.match(await stack.fail(destroy), new RegExp(`Tenant "acme".*\\b1 application.*${id}`, "s"));
    assert.deepEqual(stack.existing(), { acme: [id] });
  });
});

describe("the deletion of a stack's last tenant, on the engine", () => {
  it(`whose answer was lost, and whose repetition was refused, is repaired by the same command ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    await stack.up();
    const { control } = stack.sandbox;
    control.addFault({ operation: "deleteTenant", kind: "status", status: 500, carriedOut: true });
    control.addFault({ operation: "deleteTenant", nth: 2, kind: "status", status: 403 });
    const destroy = ["destroy", "--yes", "--skip-preview"];
    await stack.fail(destroy);
    assert.deepEqual(stack.existing(), {});
    await stack.succeed(destroy);
    await stack.finish();
  });
});
