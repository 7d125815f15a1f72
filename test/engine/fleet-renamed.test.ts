import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { globex } from "./customers";
import { type FleetReport, FleetUnderTest } from "./fleet-project";

const rsa = {
  name: "acme",
  customerId: "CRM-1",
  cells: ["eu-1"],
  applications: [{ cell: "eu-1", authMethod: "RSA" }],
};
const andEc = {
  ...rsa,
  applications: [...rsa.applications, { cell: "eu-1", purpose: "ingest", authMethod: "EC" }],
};

describe("a fleet whose stack was renamed, on the engine", () => {
  let fleet: FleetUnderTest;

  before(async () => {
    fleet = await FleetUnderTest.create(0, [rsa, globex]);
    await fleet.stack.workspace.configure({ "tenants:journal": null });
  });
  after(async () => {
    await fleet.close();
  });

  it(`finds again what a killed update created under the former name ${exhaustiveTag}`, async () => {
    const { sandbox } = fleet.stack;
    const first = await fleet.run("up");
    assert.equal(first.exitCode, 0, first.stderr);
    await fleet.stack.setCustomers([andEc, globex]);
    sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await fleet.killWhen(() => fleet.stack.existing()["acme"]!.length === 2);
    sandbox.control.clearFaults();

    await fleet.stack.succeed(["cancel", "--yes"]);
    await fleet.stack.succeed(["stack", "rename", "second"]);
    sandbox.control.resetRequests();
    const { exitCode, stdout, stderr } = await fleet.stack.tenantsWith(
      {},
      ...["fleet", "up", "--stage", "second", "--json"],
    );
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual((JSON.parse(stdout) as FleetReport).totals, { done: 1 });
    assert.equal(sandbox.control.requests().createTenantApplication, 0);
    assert.equal(fleet.stack.existing()["acme"]!.length, 2);
  });
});
