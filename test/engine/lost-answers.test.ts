import { strict as assert } from "node:assert";
import { setTimeout as sleepMs } from "node:timers/promises";

import type { FaultInput } from "../../sandbox/api";
import { exhaustiveTag } from "../suites";
import { asAnotherStack } from "./another-stack";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const withMethod = (authMethod: string) => [{ ...acme, applications: [{ cell: "eu-1", authMethod }] }];

/** What a lost answer looks like: the object was made, and nobody was told. */
const lostAnswers: Record<string, Omit<FaultInput, "operation">> = {
  "a reset": { kind: "reset-after" },
  "a 503 after the fact": { kind: "status", status: 503, carriedOut: true },
  "half a body": { kind: "half-body" },
};

describe("a lost answer to a create, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  const made = (operation: "createTenant" | "createTenantApplication") =>
    stack.sandbox.control.requests()[operation];

  it(`of tenants and of applications with keys is found again, and taken over: ${Object.keys(lostAnswers).join(", ")}`, async () => {
    const names = Object.keys(lostAnswers).map((_, index) => `customer${index}`);
    const customersWith = (...authMethods: string[]) =>
      names.map((name) => ({
        name,
        customerId: name,
        cells: ["eu-1"],
        applications: authMethods.map((authMethod) => ({
          cell: "eu-1",
          purpose: authMethod.toLowerCase(),
          authMethod,
        })),
      }));
    const loseAll = (operation: "createTenant" | "createTenantApplication"): void => {
      for (const [index, fault] of Object.values(lostAnswers).entries())
        stack.sandbox.control.addFault({ operation, nth: index + 1, ...fault });
    };
    loseAll("createTenant");
    loseAll("createTenantApplication");
    await stack.setCustomers(customersWith("RSA"));
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()).sort(), names);
    assert.equal(made("createTenant"), names.length);
    loseAll("createTenantApplication");
    await stack.setCustomers(customersWith("RSA", "EC"));
    await stack.up();
    for (const name of names) assert.equal(stack.existing()[name]!.length, 2, name);
    assert.equal(made("createTenantApplication"), 2 * names.length);
    await stack.up("--expect-no-changes");
  });

  it(`of a tenant in which someone else creates an application at the same time is reported with that ${exhaustiveTag}`, async () => {
    stack.sandbox.control.addFault({ operation: "createTenant", kind: "reset-after" });
    stack.sandbox.control.addFault({
      operation: "createTenantApplication",
      kind: "latency",
      latencyMs: 3000,
    });
    const up = stack.up();
    while (made("createTenantApplication") === 0) await sleepMs(5);
    const theirs = await asAnotherStack(stack, async (api) =>
      api.createApplication(stack.tenantId("acme"), {
        cell: "eu-1",
        scopes: ["documents.submissions.read"],
        authentication: { type: "CLIENT_SECRET" },
      }),
    );
    assert.match(await up, new RegExp(`\\b${theirs.applicationId}\\b`));
  });

  it("of an application with a secret is reported with its id and the command, and is replaced when that was run", async () => {
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    const printed = await stack.fail(["up", "--yes", "--skip-preview"]);
    const [lost] = stack.existing()["acme"]!;
    assert.match(
      printed,
      new RegExp(`${lost!}.*pulumi config set tenants:replaceLostApplications true`, "s"),
    );
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), new RegExp(lost!));
    assert.deepEqual(stack.existing()["acme"], [lost]);
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.notDeepEqual(stack.existing()["acme"], [lost]);
    await stack.up("--expect-no-changes");
  });

  it(`of an application with a secret is repaired at once if the configuration allows it ${exhaustiveTag}`, async () => {
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    await stack.up("--expect-no-changes");
  });

  it(`of an application with a secret is repaired by the next up if the answer to its repetition was lost, too ${exhaustiveTag}`, async () => {
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "reset-after", times: 2 });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    const [lost, ...others] = stack.existing()["acme"]!;
    assert.deepEqual(others, []);
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.notDeepEqual(stack.existing()["acme"], [lost]);
    await stack.up("--expect-no-changes");
  });

  it(`of a tenant that was not created leads to one, by the next up ${exhaustiveTag}`, async () => {
    stack.sandbox.control.addFault({ operation: "createTenant", kind: "reset-before" });
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), /"acme".*`pulumi up`/s);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });

  it(`of one of two equal applications never mistakes the sibling for the lost one ${exhaustiveTag}`, async () => {
    await stack.setCustomers([
      {
        ...acme,
        applications: ["a", "b", "c"].map((purpose) => ({ cell: "eu-1", purpose, authMethod: "EC" })),
      },
    ]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", nth: 2, kind: "reset-after" });
    await stack.up();
    assert.equal(new Set(stack.existing()["acme"]).size, 3);
    assert.equal(made("createTenantApplication"), 3);
    await stack.up("--expect-no-changes");
  });

  it(`never mistakes an equal application that the same update created in part for the lost one ${exhaustiveTag}`, async () => {
    const declare = (...purposes: string[]) =>
      stack.setCustomers([
        {
          ...acme,
          applications: purposes.map((purpose) => ({ cell: "eu-1", purpose, authMethod: "EC" })),
        },
      ]);
    await declare("a", "b");
    const operation = "createTenantApplication";
    stack.sandbox.control.addFault({ operation, nth: 1, kind: "garbage-body" });
    stack.sandbox.control.addFault({ operation, nth: 2, kind: "reset-before" });
    await stack.fail(["up", "--yes", "--continue-on-error"]);
    await stack.up();
    assert.equal(new Set(stack.existing()["acme"]).size, 2);
    await declare("a");
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    await stack.up("--expect-no-changes", "--refresh");
  });

  it(`never mistakes an application with a secret, lost in the same update, for an equal one with a key ${exhaustiveTag}`, async () => {
    const applications = [
      { cell: "eu-1", purpose: "a" },
      { cell: "eu-1", purpose: "b", authMethod: "EC" },
    ];
    await stack.setCustomers([{ ...acme, applications }]);
    const operation = "createTenantApplication";
    const carriedOut = { kind: "status", status: 408, carriedOut: true } as const;
    stack.sandbox.control.addFault({ operation, nth: 1, ...carriedOut });
    stack.sandbox.control.addFault({ operation, nth: 2, kind: "reset-before" });
    await stack.fail(["up", "--yes", "--continue-on-error"]);
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.up();
    const methods = stack.sandbox.control
      .tenants()
      .flatMap(({ applications }) => applications.map(({ authMethod }) => authMethod.type));
    assert.deepEqual(methods.toSorted(), ["CLIENT_SECRET", "EC"]);
    await stack.up("--expect-no-changes", "--refresh");
  });
});

describe("a lost answer to a delete, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ customers: [acme, globex] });
  });
  after(async () => {
    await stack.finish();
  });

  it(`that cannot be confirmed is on record as unknown until reconcile --fix says what became of the application ${exhaustiveTag}`, async () => {
    await stack.up();
    const { control } = stack.sandbox;
    control.addFault({ operation: "deleteTenantApplication", kind: "reset-after" });
    control.addFault({ operation: "getTenants", kind: "status", status: 307 });
    await stack.setCustomers([globex]);
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), /may have been carried out/);
    assert.deepEqual(stack.existing()["acme"], []);
    assert.match((await stack.journal()).trimEnd().split("\n").at(-1) ?? "", /"outcome":"unknown"/);
    await stack.succeed(["refresh", "--yes", "--skip-preview"]);
    assert.notEqual((await stack.tenants("audit", "verify")).exitCode, 0);
    assert.equal((await stack.tenants("reconcile", "--fix", "--yes")).exitCode, 0);
    assert.equal((await stack.tenants("audit", "verify")).exitCode, 0);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()), ["globex"]);
  });
});

describe("an incomplete answer, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  it("keeps the tenant in the state, partly created, and the next up reads the rest", async () => {
    stack.sandbox.control.addFault({ operation: "createTenant", kind: "garbage-body" });
    const printed = await stack.fail(["up", "--yes", "--skip-preview"]);
    assert.ok(printed.includes(stack.tenantId("acme")), printed);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    assert.equal(stack.sandbox.control.requests().createTenant, 1);
    await stack.up("--expect-no-changes");
  });

  it(`keeps an application in the state, partly created, and can delete it ${exhaustiveTag}`, async () => {
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "garbage-body" });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    const [partly] = stack.existing()["acme"]!;
    assert.match(
      await stack.fail(["up", "--yes", "--skip-preview"]),
      new RegExp(`${partly!}.*replaceLostApplications`, "s"),
    );
    assert.deepEqual(stack.existing()["acme"], [partly]);
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(stack.existing(), {});
  });

  it(`repairs an application with a key from the list ${exhaustiveTag}`, async () => {
    await stack.setCustomers(withMethod("EC"));
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "garbage-body" });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.equal(stack.sandbox.control.requests().createTenantApplication, 1);
    await stack.up("--expect-no-changes");
  });
});
