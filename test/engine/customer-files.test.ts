import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { stringify } from "yaml";

import { exhaustiveTag } from "../suites";
import { copyProject } from "../support/project-copy";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const hooli = { name: "hooli", customerId: "CRM-2001", cells: ["eu-1"] };

/** As many customers as one argument of a process cannot hold: 128 KiB. */
const many = Array.from({ length: 300 }, (_, index) => ({
  name: `customer${index}`,
  customerId: `CRM-${index}-${"x".repeat(200)}`,
  owner: "o".repeat(200),
  cells: ["eu-1"],
}));

describe("customers from files, on the engine", function () {
  this.timeout(300_000);

  let folder: string;
  let stack: StackUnderTest;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "customer-files-"));
    const projectDir = path.join(folder, "project");
    await copyProject(projectDir);
    stack = await StackUnderTest.create({
      projectDir,
      customers: [acme],
      config: { "tenants:customersFrom": "customers/**/*.yaml" },
    });
  });
  after(async () => {
    await stack.finish();
    await rm(folder, { recursive: true });
  });

  async function write(file: string, customers: unknown): Promise<void> {
    const whole = path.join(folder, "project/customers", file);
    await mkdir(path.dirname(whole), { recursive: true });
    await writeFile(whole, stringify(customers));
  }

  it("are made like those of the stack's own file, and a second up changes nothing", async () => {
    await write("globex.yaml", globex);
    await write("emea/others.yaml", [hooli]);
    await stack.up();
    assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "globex", "hooli"]);
    await stack.up("--expect-no-changes");
    const listed = await stack.tenants("list", "--json");
    assert.equal(listed.exitCode, 0, listed.stderr);
    for (const name of ["acme", "globex", "hooli"]) assert.ok(listed.stdout.includes(`"${name}"`));
  });

  it("are refused with their file and line, before anything is made", async () => {
    await write("emea/others.yaml", [hooli, { ...acme, customerId: "CRM-1" }, { ...hooli, name: "No" }]);
    const printed = await stack.fail(["up", "--yes", "--skip-preview"]);
    assert.match(printed, /customers\/emea\/others\.yaml line 5/);
    assert.match(printed, /customers\/emea\/others\.yaml line 9/);
    await write("emea/others.yaml", [hooli]);
  });

  it(`may be more than one argument can hold ${exhaustiveTag}`, async () => {
    await stack.setCustomers([acme, ...many]);
    await stack.fail(["preview"]);
    const { stdout, exitCode } = await stack.tenants("check", stack.workspace.configFile);
    assert.equal(exitCode, 3);
    assert.match(stdout, /customersFrom: customers/);

    await stack.setCustomers([acme]);
    await write("many.yaml", many);
    const { steps } = JSON.parse(await stack.succeed(["preview", "--json"])) as { steps: { urn: string }[] };
    const tenants = steps.filter(({ urn }) => /Tenant::customer\d+$/.test(urn));
    assert.equal(tenants.length, many.length);
  });
});
