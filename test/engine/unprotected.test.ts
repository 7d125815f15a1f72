import { strict as assert } from "node:assert";

import { folderOf, readRecording } from "../releases/recording";
import { replay } from "../releases/replay";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const customers = [acme, globex];
const deprecated = customers.map((customer) => ({ ...customer, status: "deprecated" }));
const destroy = ["destroy", "--yes", "--skip-preview"];
const refusal = /`status: deprecated`[^]*`status: active`/;

describe("an active production customer whose protection was taken away, on the engine", function () {
  let stack: StackUnderTest;
  let held: Record<string, string[]>;
  let stored: Array<Record<string, unknown>>;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers });
    await stack.up();
    held = stack.existing();
    stored = await storedSecrets();
  });
  after(async () => {
    await stack.finish();
  });
  beforeEach(async () => {
    await stack.succeed(["state", "unprotect", "--all", "--yes"]);
    stack.sandbox.control.resetRequests();
  });

  function storedSecrets(): Promise<Array<Record<string, unknown>>> {
    return Promise.all(
      ["acme", "globex"].map((name) =>
        stack.storedSecret(`${stack.secretPrefix}/production/${name}/eu-1/default`),
      ),
    );
  }

  /** Asserts that a command is refused, and that tenants, applications, secrets and versions are all there. */
  async function losesNothing(command: readonly string[], because = refusal): Promise<void> {
    const printed = await stack.fail(command);
    assert.match(printed, because);
    assert.deepEqual(stack.existing(), held);
    assert.deepEqual(await storedSecrets(), stored);
    assert.equal((await stack.listSecrets({ includePlannedDeletion: false })).length, 2);
    assert.equal(stack.sandbox.control.requests().deleteTenantApplication, 0);
    await stack.setCustomers(customers);
    await stack.up();
  }

  it("survives destroy", async () => {
    await losesNothing(destroy);
  });

  it(`survives destroy of its tenant alone, with all that depends on it ${exhaustiveTag}`, async () => {
    const urn = await stack.urn("resistant:Tenant", "acme");
    await losesNothing([...destroy, "--target", urn, "--target-dependents"]);
  });

  it(`survives destroy of its secret alone, with all that depends on it ${exhaustiveTag}`, async () => {
    const urn = await stack.urn("secret:Secret", "acme/eu-1/default");
    await losesNothing([...destroy, "--target", urn, "--target-dependents"]);
  });

  for (const [what, type, name] of [
    ["its safeguard", "index:Safeguard", "acme/eu-1/default"],
    ["its tenant", "resistant:Tenant", "acme"],
  ] as const) {
    it(`survives destroy that excludes ${what} ${exhaustiveTag}`, async () => {
      await losesNothing([...destroy, "--exclude", await stack.urn(type, name)]);
    });
  }

  it(`survives a removal in an up that excludes its safeguard ${exhaustiveTag}`, async () => {
    const urn = await stack.urn("index:Safeguard", "globex/eu-1/default");
    await stack.setCustomers([acme]);
    await losesNothing(
      ["up", "--yes", "--skip-preview", "--exclude", urn],
      /- globex\/eu-1\/default[^]*`status: released`/,
    );
  });

  it("survives destroy --run-program with an edited status, twice", async () => {
    await stack.setCustomers(deprecated);
    const command = [...destroy, "--run-program"];
    assert.match(await stack.fail(command), refusal);
    const verified = await stack.tenants("audit", "verify", "--json");
    assert.equal(verified.exitCode, 0, verified.stdout);
    await losesNothing(command);
  });

  it(`survives up --replace of its tenant ${exhaustiveTag}`, async () => {
    const urn = await stack.urn("resistant:Tenant", "acme");
    // The engine makes the new one first here, which the API refuses: a tenant's name is unique.
    const adopt = new RegExp(`"acme".*adopt: ${stack.tenantId("acme")}`, "s");
    await losesNothing(["up", "--yes", "--skip-preview", "--replace", urn], adopt);
  });

  it(`survives a removal in an up, with the safeguard out of the state ${exhaustiveTag}`, async () => {
    const urn = await stack.urn("index:Safeguard", "globex/eu-1/default");
    await stack.succeed(["state", "delete", urn, "--yes"]);
    await stack.setCustomers([acme]);
    await losesNothing(["up", "--yes", "--skip-preview"]);
  });

  it(`is deleted by destroy once an up has deprecated it ${exhaustiveTag}`, async () => {
    await stack.setCustomers(deprecated);
    await stack.up();
    assert.deepEqual(stack.existing(), held);
    await stack.succeed(destroy);
    assert.deepEqual(stack.existing(), {});
    assert.deepEqual(await stack.listSecrets({ includePlannedDeletion: false }), []);
  });

  it(`is active again if it is created again, despite the record of the one before ${exhaustiveTag}`, async () => {
    await stack.setCustomers(customers);
    for (const name of await stack.listSecrets()) await stack.forceDeleteSecret(name);
    await stack.up();
    held = stack.existing();
    stored = await storedSecrets();
    await stack.succeed(["state", "unprotect", "--all", "--yes"]);
    await losesNothing(destroy);
  });
});

describe("the production state of an earlier release whose protection was taken away, on the engine", function () {
  it(`keeps its tenants, applications and secrets after its first up ${exhaustiveTag}`, async () => {
    const stack = await replay(await readRecording(folderOf("0.1.0", "production")), "production");
    try {
      const held = stack.existing();
      await stack.up("--expect-no-changes");
      await stack.succeed(["state", "unprotect", "--all", "--yes"]);
      const secrets = await stack.listSecrets({ includePlannedDeletion: false });
      assert.match(await stack.fail(destroy), refusal);
      assert.deepEqual(stack.existing(), held);
      assert.deepEqual(await stack.listSecrets({ includePlannedDeletion: false }), secrets);
    } finally {
      await stack.finish();
    }
  });

  it(`keeps tenants and applications before its first up, too; secrets that were marked deleted come back ${exhaustiveTag}`, async () => {
    const stack = await replay(await readRecording(folderOf("0.1.0", "production")), "production");
    try {
      const held = stack.existing();
      const secrets = (await stack.listSecrets({ includePlannedDeletion: false })).sort();
      const values = await Promise.all(secrets.map((name) => stack.storedSecret(name)));
      await stack.succeed(["state", "unprotect", "--all", "--yes"]);
      assert.match(await stack.fail(destroy), refusal);
      assert.deepEqual(stack.existing(), held);
      // What docs/recovery.md says: nothing could keep the engine from these, in a state of that release.
      for (const customer of Object.keys(held)) {
        const restored = await stack.tenants("restore", customer, "--yes");
        assert.equal(restored.exitCode, 0, restored.stdout + restored.stderr);
      }
      await stack.up();
      assert.deepEqual(stack.existing(), held);
      assert.deepEqual((await stack.listSecrets({ includePlannedDeletion: false })).sort(), secrets);
      assert.deepEqual(await Promise.all(secrets.map((name) => stack.storedSecret(name))), values);
      await stack.up("--expect-no-changes");
    } finally {
      await stack.finish();
    }
  });
});
