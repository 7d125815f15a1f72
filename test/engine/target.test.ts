import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { unknownValue } from "../../provider/src/names/unknown";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const twice = { ...acme, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "ingest" }] };
const initech = { name: "initech", customerId: "CRM-1103", cells: ["eu-1"] };
const all = (name: string) => `urn:pulumi:dev::resistant-tenants::**::${name}**`;

describe("an update of a part of the stack (--target, --exclude), on the engine", function () {
  this.timeout(600_000);
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ customers: [acme, globex] });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  const outputs = () => stack.workspace.outputs();
  const recorded = async () => (await outputs())["customers"] as Record<string, { applications: unknown[] }>;

  /** Runs an update of a part, and asserts that the state holds what is known and nothing else. */
  async function update(...flags: string[]): Promise<string> {
    const printed = await stack.up(...flags);
    const state = JSON.stringify(await stack.workspace.exportState());
    assert.ok(!state.includes(unknownValue), `${flags.join(" ")} stored the engine's unknown marker`);
    return printed;
  }

  it("keeps the last record of what it leaves out, and leaves out what has none", async () => {
    const first = await recorded();
    await stack.setCustomers([twice, globex, initech]);
    let ofInitech = "";
    for (const flags of [
      ["--target", all("globex")],
      ["--exclude", all("initech"), "--exclude", "**::acme/eu-1/ingest"],
      [
        "--exclude",
        "**$pulumi-nodejs:dynamic/resistant:Tenant::initech",
        "--exclude-dependents",
        "--exclude",
        "**::acme/eu-1/ingest",
      ],
      ["--target", "**Customer::initech", "--replace", "**SecretVersion::globex/eu-1/default"],
    ]) {
      const printed = await update(...flags);
      const [, keepsItsRecord, hasNone = ""] = /- acme: (.*)\n +- initech: (.*)/.exec(printed) ?? [];
      assert.notEqual(hasNone, "", printed);
      assert.notEqual(keepsItsRecord, hasNone);
      ofInitech = hasNone;
      assert.deepEqual(await recorded(), first, flags.join(" "));
    }
    assert.deepEqual(Object.keys((await outputs())["tenantIds"] as object), ["acme", "globex"]);
    assert.deepEqual(Object.keys((await outputs())["webUiUrls"] as object), ["acme", "globex"]);
    const printed = await update("--target", all("acme"), "--target-dependents");
    assert.ok(printed.includes(`- initech: ${ofInitech}`), printed);
    assert.deepEqual(
      Object.entries(await recorded()).map(([name, { applications }]) => [name, applications.length]),
      [
        ["acme", 2],
        ["globex", 1],
      ],
    );
    const { exitCode, stdout } = await stack.tenants("list");
    assert.equal(exitCode, 0);
    assert.match(stdout, /acme.*globex/s);
    await stack.up();
    assert.deepEqual(Object.keys(await recorded()), ["acme", "globex", "initech"]);
  });

  it("of version 0.1.0 left markers in the outputs: the others are read, and the next update heals it", async () => {
    const whole = await recorded();
    const marked = z
      .object({ deployment: z.looseObject({ resources: z.array(z.looseObject({ type: z.string() })) }) })
      .parse(await stack.workspace.exportState());
    const root = marked.deployment.resources.find(({ type }) => type === "pulumi:pulumi:Stack")!;
    const held = z
      .object({ customers: z.record(z.string(), z.looseObject({})) })
      .loose()
      .parse(root["outputs"]);
    held.customers["initech"] = {
      ...held.customers["initech"],
      tenantId: unknownValue,
      uiCells: unknownValue,
    };
    root["outputs"] = held;
    const file = path.join(stack.workspace.directory, "marked.json");
    await writeFile(file, JSON.stringify({ version: 3, ...marked }));
    await stack.succeed(["stack", "import", "--file", file]);

    const list = await stack.tenants("list", "--json");
    assert.equal(list.exitCode, 0);
    assert.deepEqual(
      z
        .array(z.object({ name: z.string() }))
        .parse(JSON.parse(list.stdout))
        .map(({ name }) => name),
      ["acme", "globex"],
    );
    assert.match(list.stderr, /customer "initech" .*tenantId: .*pulumi up/s);
    assert.equal((await stack.tenants("show", "acme")).exitCode, 0);
    const ticket = await stack.tenants("ticket", "initech", "eu-1");
    assert.deepEqual([ticket.exitCode, /pulumi up/.test(ticket.stderr)], [1, true]);
    await update();
    assert.deepEqual(await recorded(), whole);
  });

  it(`keeps the record of what is no longer declared until it deletes it ${exhaustiveTag}`, async () => {
    await stack.setCustomers([twice, globex, initech]);
    await stack.up();
    const first = await recorded();
    await stack.setCustomers([twice, globex]);
    for (const flags of [
      ["--target", all("acme")],
      ["--exclude", "**$pulumi-nodejs:dynamic/resistant:TenantApplication::initech/eu-1/default"],
    ]) {
      const printed = await update(...flags);
      assert.match(printed, /- initech: /);
      assert.deepEqual(await recorded(), first, flags.join(" "));
      assert.match((await stack.tenants("list")).stdout, /initech/);
    }
    await stack.succeed(["refresh", "--run-program", "--yes", "--skip-preview"]);
    assert.deepEqual(await recorded(), first, "refresh --run-program");
    await update("--target", "**Customer::initech", "--target-dependents");
    assert.deepEqual(Object.keys(await recorded()), ["acme", "globex"]);
    assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "globex"]);
  });

  it(`leaves a rotation that is due to the next whole update ${exhaustiveTag}`, async () => {
    const rotated = { ...acme, applications: [{ cell: "eu-1", rotation: { every: "30d", overlap: "7d" } }] };
    const declared = [rotated, globex];
    await stack.setCustomers(declared);
    await stack.up();
    const later = { env: { TENANTS_NOW: new Date(Date.now() + 40 * 86_400_000).toISOString() } };
    const before = stack.existing();
    const recordedBefore = await recorded();
    await stack.succeed(["up", "--yes", "--skip-preview", "--target", all("globex")], later);
    assert.deepEqual(stack.existing(), before);
    assert.deepEqual(await recorded(), recordedBefore);
    assert.ok(!JSON.stringify(await stack.workspace.exportState()).includes(unknownValue));
    await stack.succeed(["up", "--yes", "--skip-preview"], later);
    assert.equal(stack.existing()["acme"]!.length, before["acme"]!.length + 1);
    assert.equal((await stack.tenantsWith(later.env, "audit", "verify")).exitCode, 0);
  });
});
