import { strict as assert } from "node:assert";
import path from "node:path";

import { CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { closedPort } from "../support/http-server";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const initech = { name: "initech", customerId: "CRM-1103", cells: ["eu-1"] };
const umbrella = { name: "umbrella", customerId: "CRM-1150", cells: ["eu-1"] };
const leaving = { name: "stark", customerId: "CRM-1200", cells: ["eu-1"], status: "deprecated" };
const up = ["up", "--yes", "--skip-preview", "--continue-on-error"];

describe("a customer that fails among others, on the engine", function () {
  this.timeout(600_000);
  let stack: StackUnderTest;
  let last: unknown;
  const customers = async () => (await stack.workspace.outputs())["customers"] as Record<string, unknown>;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme, leaving] });
    await stack.up();
    last = (await customers())["acme"];
  });
  after(async () => {
    await stack.finish();
  });

  const foreignTenant = {
    tenantId: "4a1c34d5-7e1a-4be0-9d0c-0a4bf6aa1a11",
    name: "initech",
    cells: ["eu-1" as const],
    created: "2020-01-01T00:00:00Z",
    updated: "2020-01-01T00:00:00Z",
    applications: [],
  };
  const takenSecret = () => `${stack.secretPrefix}/production/umbrella/eu-1/default`;

  it("stops no create and no output of another's, by a saved plan, too; deletes wait, and are listed", async () => {
    // A tenant's name, an application and a secret's name fail; what looks for taken names does not reach AWS.
    stack.sandbox.control.restoreTenant(foreignTenant);
    stack.sandbox.control.addFault({
      operation: "createTenantApplication",
      path: `/tenants/${stack.tenantId("acme")}/applications$`,
      kind: "status",
      status: 400,
    });
    await stack.aws.send(new CreateSecretCommand({ Name: takenSecret(), SecretString: "another's" }));
    const unreachable = [{ secretsmanager: `http://127.0.0.1:${await closedPort()}` }];
    await stack.workspace.configure({ "aws:endpoints": unreachable });
    await stack.setCustomers([{ ...acme, cells: ["eu-1", "us-1"] }, globex, initech, umbrella]);

    const plan = path.join(stack.workspace.directory, "plan.json");
    await stack.succeed(["preview", "--save-plan", plan]);
    const printed = await stack.fail([...up, "--plan", plan]);

    const recorded = await customers();
    // What is no longer declared is not deleted either: its record stays.
    assert.deepEqual(Object.keys(recorded).sort(), ["acme", "globex", "stark"]);
    assert.deepEqual(recorded["acme"], last);
    // Tenants are created side by side, in any order.
    assert.deepEqual(
      new Map(Object.entries(stack.existing()).map(([name, applications]) => [name, applications.length])),
      new Map([
        ["acme", 1],
        ["stark", 1],
        ["initech", 0],
        ["globex", 1],
        ["umbrella", 0],
      ]),
    );
    assert.match(printed, /\b3 of 4\b/);
    assert.match(printed, /- acme: .*\n +application "acme\/us-1\/default": /);
    assert.match(printed, /- initech: .*\n +tenant "initech": .*"initech"/);
    assert.match(printed, /- umbrella: .*\n +secret "umbrella\/eu-1\/default"/);
    // One has a record, and the others have none yet.
    const standing = (name: string) => new RegExp(`- ${name}: (.*)\\n`).exec(printed)?.[1];
    assert.notEqual(standing("acme"), standing("initech"));
    assert.equal(standing("umbrella"), standing("initech"));
    assert.match(printed, /- tenant "stark"/);
    assert.doesNotMatch(printed, /unhandled|Warning: |violates plan/);
  });

  it("is provisioned by the next run once it is repaired, and nothing is created twice", async () => {
    stack.sandbox.control.deleteTenant(foreignTenant.tenantId);
    await stack.aws.send(
      new DeleteSecretCommand({ SecretId: takenSecret(), ForceDeleteWithoutRecovery: true }),
    );
    stack.sandbox.control.resetRequests();
    await stack.succeed(up);
    const { createTenant, createTenantApplication } = stack.sandbox.control.requests();
    assert.deepEqual([createTenant, createTenantApplication], [1, 3]);
    const existing = Object.entries(stack.existing()).map(
      ([name, applications]) => [name, applications.length] as const,
    );
    assert.deepEqual(
      new Map(existing),
      new Map([
        ["acme", 2],
        ["globex", 1],
        ["umbrella", 1],
        ["initech", 1],
      ]),
    );
    const applications = toApplications(await stack.workspace.outputs());
    assert.equal(applications.length, 5);
    for (const application of applications) await proveSecret(stack.aws, application);
    await stack.up("--expect-no-changes");
  });

  it("violates no plan of the others if its new record was known, and theirs are registered", async () => {
    const ownerOf = async (name: string) => ((await customers())[name] as { owner?: string }).owner;
    const before = await ownerOf("acme");
    await stack.setCustomers([
      { ...acme, cells: ["eu-1", "us-1"], owner: "moved" },
      { ...globex, owner: "moved" },
      initech,
      umbrella,
    ]);
    const plan = path.join(stack.workspace.directory, "plan.json");
    await stack.succeed(["preview", "--save-plan", plan]);
    // AWS then refuses to change the secret of one of them.
    await stack.forceDeleteSecret(`${stack.secretPrefix}/production/acme/eu-1/default`);
    const printed = await stack.fail([...up, "--plan", plan]);
    assert.match(printed, /\b1 of 4\b/);
    assert.doesNotMatch(printed, /unhandled|violates plan/);
    assert.deepEqual([await ownerOf("acme"), await ownerOf("globex")], [before, "moved"]);
  });
});

describe("a secret's name that is taken in AWS, on the engine", function () {
  it("stops only its own customer if the environment lets the update continue", async () => {
    const stack = await StackUnderTest.create({ customers: [acme, globex] });
    const Name = `${stack.secretPrefix}/testing/acme/eu-1/default`;
    await stack.aws.send(new CreateSecretCommand({ Name, SecretString: "another's" }));
    const refused = await stack.fail(["up", "--yes", "--skip-preview"]);
    assert.ok(refused.includes(Name), refused);
    assert.deepEqual(stack.existing(), {});

    const env = { PULUMI_CONTINUE_ON_ERROR: "true" };
    assert.match(await stack.succeed(["preview"], { env }), /restore acme/);
    const printed = await stack.fail(["up", "--yes", "--skip-preview"], { env });
    assert.match(printed, /\b1 of 2\b.*secret "acme\/eu-1\/default": .*arn:/s);
    assert.deepEqual([stack.existing()["acme"]?.length, stack.existing()["globex"]?.length], [0, 1]);
    assert.deepEqual(Object.keys((await stack.workspace.outputs())["tenantIds"] as object), ["globex"]);

    await stack.aws.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
    // Without the variable, an update that creates something for one of several says what a failure means.
    assert.match(await stack.up(), /--continue-on-error/);
    assert.doesNotMatch(await stack.up("--expect-no-changes"), /--continue-on-error/);
    await stack.finish();
  });
});

describe("an application whose delete fails among others, on the engine", function () {
  it(`stays with its secret and its tenant if the update continues, as the simulator's model has it ${exhaustiveTag}`, async () => {
    const applications = ["one", "two"].map((purpose) => ({ cell: "eu-1", purpose }));
    const stack = await StackUnderTest.create({ customers: [{ ...acme, applications }, globex] });
    try {
      await stack.up();
      stack.sandbox.control.addFault({ operation: "deleteTenantApplication", kind: "status", status: 403 });
      await stack.setCustomers([globex]);
      stack.sandbox.control.resetRequests();
      assert.notEqual((await stack.workspace.run(up)).exitCode, 0);
      const { deleteTenantApplication, deleteTenant } = stack.sandbox.control.requests();
      assert.deepEqual([deleteTenantApplication, deleteTenant], [2, 0]);
      const left = stack.sandbox.control.tenants().find(({ name }) => name === "acme");
      assert.equal(left?.applications.length, 1);
      await stack.up();
      assert.deepEqual(Object.keys(stack.existing()), ["globex"]);
    } finally {
      await stack.finish();
    }
  });
});
