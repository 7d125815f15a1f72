import { strict as assert } from "node:assert";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { fleetStackOf } from "../../provider/src/names/fleet";
import { proveToken } from "../../sandbox/start/proof";
import { exhaustiveTag } from "../suites";
import { FleetUnderTest, numbered, ranIn } from "./fleet-project";

/** The stacks of each fleet, as many as its names have bits: more of them take longer, and show nothing else. */
const fleets = [
  {
    bits: 1,
    stacks: ["dev-0", "dev-1"],
    size: 16,
    kills: 1,
    compression: { variable: "PULUMI_DIY_BACKEND_ZSTD", ending: ".zst", part: 4 },
    tag: "",
  },
  {
    bits: 2,
    stacks: ["dev-00", "dev-11", "dev-01", "dev-10"],
    size: 24,
    kills: 3,
    compression: { variable: "PULUMI_DIY_BACKEND_GZIP", ending: ".gz", part: 3 },
    tag: ` ${exhaustiveTag}`,
  },
] as const;

for (const { bits, stacks: all, size, kills, compression, tag } of fleets) {
  describe(`a fleet of ${size} customers on ${all.length} stacks, on the engine${tag}`, function () {
    const [first, second, ...rest] = all;

    const liesIn = (stack: string, name: string): boolean => fleetStackOf("dev", bits, name) === stack;
    /** Finds names for customers that lie in a stack. */
    const namesIn = (stack: string, count: number, prefix: string): string[] =>
      Array.from({ length: 1000 }, (_, index) => `${prefix}${index}`)
        .filter((name) => liesIn(stack, name))
        .slice(0, count);

    let fleet: FleetUnderTest;
    const customers = numbered(size);

    before(async () => {
      fleet = await FleetUnderTest.create(bits, customers, {
        sandbox: { latencyMs: 100, quota: 100 },
      });
    });
    after(async () => {
      await fleet.close();
    });

    it(`is finished by two at once after ${kills} kill${kills === 1 ? "" : "s"}: each tenant once, each secret with a token`, async () => {
      const made = () => fleet.stack.sandbox.control.requests().createTenantApplication;
      for (let kill = 0; kill < kills; kill += 1) {
        const before = made();
        await fleet.killWhen(() => made() >= before + 3);
      }
      const both = await Promise.all([fleet.run("up"), fleet.run("up")]);
      assert.deepEqual(
        both.map(({ exitCode }) => exitCode),
        [0, 0],
        both.map(({ stderr }) => stderr).join("\n"),
      );
      const existing = fleet.stack.existing();
      assert.deepEqual(Object.keys(existing).sort(), customers.map(({ name }) => name).sort());
      assert.equal(fleet.stack.sandbox.control.tenants().length, customers.length);
      for (const applications of Object.values(existing)) assert.equal(applications.length, 1);
      const listed = await fleet.list();
      assert.equal(listed.length, customers.length);
      for (const { applications } of listed)
        for (const { secretArn } of applications)
          assert.ok((await proveToken(await fleet.stack.storedSecret(secretArn))).scopes.length > 0);
    });

    it("runs no stack a second time, and sends nothing", async () => {
      fleet.stack.sandbox.control.resetRequests();
      const again = await fleet.run("up");
      assert.deepEqual(ranIn(again), []);
      assert.deepEqual(again.totals, { unchanged: all.length });
      assert.ok(Object.values(fleet.stack.sandbox.control.requests()).every((count) => count === 0));
    });

    it("lists the organization once in a refresh, and the applications of each tenant once", async () => {
      fleet.stack.sandbox.control.resetRequests();
      const { exitCode, stderr, totals } = await fleet.run("refresh");
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(totals, { done: all.length });
      const requests = Object.entries(fleet.stack.sandbox.control.requests());
      const sent = requests.filter(([operation, count]) => operation !== "token" && count > 0);
      // A page of the list has 20 tenants.
      assert.deepEqual(Object.fromEntries(sent), {
        getTenants: Math.ceil(size / 20),
        getTenantApplications: customers.length,
      });
      assert.deepEqual(
        ranIn(await fleet.run("up")),
        [],
        "a refresh that found all as it was is no reason to run",
      );
    });

    it("runs no stack if a customer moves to a file, and only those of what is added, renamed and removed", async () => {
      const own = customers.filter(({ name }) => liesIn(first, name));
      const [renamed, removed, moved] = own as [(typeof own)[0], (typeof own)[0], (typeof own)[0]];
      const others = customers.filter((customer) => ![renamed, removed, moved].includes(customer));
      const [newName = "", added = ""] = namesIn(first, 2, "new");
      await mkdir(path.join(fleet.folder, "customers"));
      await writeFile(path.join(fleet.folder, "customers/moved.yaml"), JSON.stringify(moved));
      await fleet.stack.workspace.configure({ "tenants:customersFrom": "customers/*.yaml" });
      await fleet.stack.setCustomers([renamed, removed, ...others]);
      assert.deepEqual(ranIn(await fleet.run("up")), []);

      await fleet.stack.setCustomers([
        { ...renamed, name: newName },
        { name: added, customerId: "CRM-added", cells: ["eu-1"] },
        ...others,
      ]);
      const up = await fleet.run("up");
      assert.equal(up.exitCode, 0, up.stderr);
      assert.deepEqual(ranIn(up), [first]);
      const now = [moved.name, newName, added, ...others.map(({ name }) => name)].sort();
      assert.deepEqual(Object.keys(fleet.stack.existing()).sort(), now);
      assert.deepEqual((await fleet.list()).map(({ name }) => name).sort(), now);
      assert.deepEqual(
        JSON.parse((await fleet.stack.tenants("ticket", added, "--stage", "dev", "--json")).stdout),
        {
          ...(JSON.parse(
            (await fleet.stack.tenants("ticket", added, "--stack", "dev", "--json")).stdout,
          ) as object),
          tenant_id: fleet.stack.tenantId(added),
        },
      );
    });

    it(`reads states that the engine compresses (${compression.ending}), less than 1/${compression.part} of the size, and runs them no second time`, async () => {
      const [added = ""] = namesIn(second, 1, "packed");
      await fleet.stack.setCustomers([
        ...(await fleet.declared()),
        { name: added, customerId: "CRM-packed", cells: ["eu-1"] },
      ]);
      const plain = await fleet.stateSize(`${second}.json`);
      const up = await fleet.runWith({ [compression.variable]: "true" }, "up");
      assert.deepEqual([up.exitCode, ranIn(up)], [0, [second]], up.stderr);
      assert.equal(await fleet.stateSize(`${second}.json`), 0);
      const packed = await fleet.stateSize(`${second}.json${compression.ending}`);
      assert.ok(packed > 0 && packed < plain / compression.part, `${packed} of ${plain} bytes`);
      assert.ok((await fleet.list()).some(({ name }) => name === added));
      assert.deepEqual(ranIn(await fleet.run("up")), []);
    });

    it("refuses a stack whose state is missing while its backup is there, and continues once that is restored", async () => {
      const file = `${first}.json`;
      // As the engine leaves it if it is killed while it changes a state's compression.
      await fleet.moveState(file, `${file}.bak`);
      fleet.stack.sandbox.control.resetRequests();
      for (const command of ["up", "preview"]) {
        const refused = await fleet.run(command);
        const { outcome, ran, problem = "" } = refused.stacks.find(({ stack }) => stack === first) ?? {};
        assert.deepEqual([refused.exitCode, outcome, ran], [1, "refused", false], refused.stderr);
        assert.match(problem, new RegExp(`${first}\\.json\\.bak.*Rename the backup to ${first}\\.json`));
      }
      assert.equal(await fleet.stateSize(file), 0);
      await fleet.moveState(`${file}.bak`, file);
      const up = await fleet.run("up");
      assert.deepEqual([up.exitCode, ranIn(up)], [0, []], up.stderr);
      assert.ok(
        Object.values(fleet.stack.sandbox.control.requests()).every((count) => count === 0),
        "nothing was sent",
      );
    });

    it("does not let a failing customer stop others, and then continues only with its stack", async () => {
      const [bad = "", good = ""] = namesIn(first, 2, "more");
      const [other = ""] = namesIn(second, 1, "more");
      const before = await fleet.declared();
      const added = [bad, good, other].map((name) => ({ name, customerId: `CRM-${name}`, cells: ["eu-1"] }));
      await fleet.stack.setCustomers([...before, ...added]);
      const { control } = fleet.stack.sandbox;
      control.addFault({
        operation: "createTenant",
        subject: bad,
        kind: "status",
        status: 400,
        times: Infinity,
      });
      const failed = await fleet.run("up");
      assert.equal(failed.exitCode, 1);
      const outcomes = Object.fromEntries(failed.stacks.map(({ stack, outcome }) => [stack, outcome]));
      assert.deepEqual(outcomes, {
        ...Object.fromEntries(rest.map((stack) => [stack, "unchanged"])),
        [first]: "failed",
        [second]: "done",
      });
      assert.match(failed.stacks.find(({ stack }) => stack === first)?.problem ?? "", new RegExp(bad));
      const existing = Object.keys(fleet.stack.existing());
      assert.deepEqual(
        [bad, good, other].map((name) => existing.includes(name)),
        [false, true, true],
      );
      control.clearFaults();

      // Of another host, so that nobody here can tell whether its process still runs.
      const lock = await fleet.lock(first, "elsewhere");
      const locked = await fleet.run("up", "--wait", "1");
      assert.deepEqual(locked.totals, { unchanged: all.length - 1, locked: 1 });
      assert.match(locked.stacks.find(({ stack }) => stack === first)?.problem ?? "", /--break-lock/);
      await assert.doesNotReject(readFile(lock));
      const mended = await fleet.run("up", "--break-lock");
      assert.equal(mended.exitCode, 0, mended.stderr);
      assert.deepEqual(ranIn(mended), [first]);
      assert.ok(Object.keys(fleet.stack.existing()).includes(bad));
    });

    it("is split after a kill between the two writes, without a delete, a create or a change", async () => {
      const { control } = fleet.stack.sandbox;
      const before = fleet.stack.existing();
      const source = all.at(-1) ?? "";
      const state = await fleet.stack.succeed(["stack", "export", "--stack", source]);
      const split = await fleet.stack.tenants("fleet", "split", "--stage", "dev", "--yes");
      assert.equal(split.exitCode, 0, split.stderr);
      // As a kill leaves it that comes before the stack that gives away is written.
      const file = path.join(fleet.folder, "state.json");
      await writeFile(file, state);
      await fleet.stack.succeed(["stack", "import", "--stack", source, "--file", file]);
      control.resetRequests();
      const refused = await fleet.run("up");
      assert.equal(refused.exitCode, 1);
      const outcomes = new Map(refused.stacks.map(({ stack, outcome }) => [stack, outcome]));
      assert.equal(outcomes.get(source), "refused");
      assert.ok(["0", "1"].some((bit) => outcomes.get(`${source}${bit}`) === "refused"));
      const finished = await fleet.stack.tenants("fleet", "split", "--stage", "dev", "--yes");
      assert.equal(finished.exitCode, 0, finished.stderr);
      const up = await fleet.run("up");
      assert.equal(up.exitCode, 0, up.stderr);
      for (const { changes } of [...refused.stacks, ...up.stacks])
        assert.deepEqual(
          Object.keys(changes).filter((op) => op !== "same"),
          [],
        );
      const { createTenant, deleteTenant, createTenantApplication, deleteTenantApplication } =
        control.requests();
      assert.deepEqual(
        [createTenant, deleteTenant, createTenantApplication, deleteTenantApplication],
        [0, 0, 0, 0],
      );
      assert.deepEqual(fleet.stack.existing(), before);
      assert.deepEqual(ranIn(await fleet.run("up")), []);
      assert.deepEqual((await fleet.list()).map(({ name }) => name).sort(), Object.keys(before).sort());
      const layout = await fleet.stack.tenants("fleet", "layout", "--stage", "dev", "--json");
      const { stacks } = JSON.parse(layout.stdout) as {
        stacks: Array<{ stack: string; customers: string[] }>;
      };
      assert.equal(stacks.length, 2 * all.length);
      assert.deepEqual(stacks.flatMap((one) => one.customers).sort(), Object.keys(before).sort());
    });

    it("deletes everything on destroy, and shows no credential on the way", async () => {
      const destroyed = await fleet.run("destroy", "--yes");
      assert.equal(destroyed.exitCode, 0, destroyed.stderr);
      assert.deepEqual(fleet.stack.existing(), {});
      const printed = fleet.stack.printed.join("\n");
      for (const secret of fleet.stack.sandbox.control.issuedSecrets()) assert.ok(!printed.includes(secret));
    });
  });
}
