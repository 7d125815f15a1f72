import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readAllRecords } from "../../../operations/src/fleet/records";
import { fleetStackOf } from "../../../provider/src/names/fleet";

/** A customer as the outputs of its stack record it. */
function recordOf(name: string) {
  return {
    tenantId: `t-${name}`,
    name,
    customerId: `CRM-${name}`,
    stage: "testing",
    cells: ["eu-1"],
    uiCells: ["eu-1"],
    webUiUrls: {},
    ssoClaims: { readOnly: "ro", readWrite: "rw" },
    status: "active",
    createdBy: "me@here",
    createdAt: "2026-11-26T12:00:00.000Z",
    applications: [],
  };
}

describe("the records of a fleet", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "fleet-records-"));
    await mkdir(path.join(folder, "state/.pulumi/stacks/tenants"), { recursive: true });
    await writeFile(
      path.join(folder, "Pulumi.yaml"),
      "name: tenants\nruntime: nodejs\nfleet: { bits: { prod: 2 } }\n",
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Writes the state of a stack with one customer. */
  async function writeState(stack: string, customer: string): Promise<void> {
    const urn = (type: string, name: string) => `urn:pulumi:${stack}::tenants::${type}::${name}`;
    const [stackType, tenantType] = ["pulumi:pulumi:Stack", "pulumi-nodejs:dynamic/resistant:Tenant"];
    const record = recordOf(customer);
    const resources = [
      {
        urn: urn(stackType, `tenants-${stack}`),
        type: stackType,
        outputs: { customers: { [customer]: record } },
      },
      { urn: urn(tenantType, customer), type: tenantType, id: record.tenantId, outputs: { name: customer } },
    ];
    const file = path.join(folder, "state/.pulumi/stacks/tenants", `${stack}.json`);
    await writeFile(file, JSON.stringify({ version: 3, checkpoint: { latest: { resources } } }));
  }

  for (const name of ["acme", "constructor"])
    it(`have a customer in its former stack until the new one is brought up: ${name}`, async () => {
      await writeState(fleetStackOf("prod", 1, name), name);
      const environment = { ...process.env, PULUMI_BACKEND_URL: `file://${folder}/state` };
      const { customers } = await readAllRecords({ stage: "prod", cwd: folder }, environment);
      assert.deepEqual(
        Object.values(customers).map((customer) => [customer.name, customer.status]),
        [[name, "active"]],
      );
    });
});
