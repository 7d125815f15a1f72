import { strict as assert } from "node:assert";

import { DeleteSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { closedPort } from "../support/http-server";
import { mentions } from "../support/mentions";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";
import { forgetSecret } from "./interrupted-secret";

describe("a secret that is in AWS and in no state, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
    await stack.up();
    await forgetSecret(stack);
  });
  afterEach(async () => {
    await stack.finish();
  });

  it("and is empty, as a killed up leaves it, is created again by the next up", async () => {
    const names = await stack.listSecrets();
    const printed = await stack.up();
    assert.ok(
      names.some((name) => printed.includes(name)),
      printed,
    );
    for (const application of toApplications(await stack.workspace.outputs())) {
      await proveSecret(stack.aws, application);
    }
    await stack.up("--expect-no-changes");
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(await stack.listSecrets(), []);
  });

  it("and contains a value is an obstacle, which is reported before anything is changed", async () => {
    const [name = ""] = await stack.listSecrets();
    const { ARN = "" } = await stack.aws.send(
      new PutSecretValueCommand({ SecretId: name, SecretString: "another's" }),
    );
    mentions(
      await stack.fail(["up", "--yes", "--skip-preview"]),
      name,
      ARN,
      "npm run tenants -- restore acme",
    );
    assert.deepEqual(await stack.listSecrets(), [name]);
  });
});

describe("a secret that a killed up has marked deleted, on the engine", function () {
  it(`is deleted by the next up, which still has it in its state ${exhaustiveTag}`, async () => {
    const stack = await StackUnderTest.create({ stage: "production", customers: [acme, globex] });
    await stack.up();
    const [name = ""] = (await stack.listSecrets()).filter((one) => one.includes("/acme/"));
    await stack.setCustomers([{ ...acme, status: "deprecated" }, globex]);
    await stack.up();
    await stack.aws.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 30 }));
    await stack.setCustomers([globex]);
    const printed = await stack.up();
    assert.ok(printed.includes(name), printed);
    assert.deepEqual(Object.keys(stack.existing()), ["globex"]);
    assert.ok(!(await stack.listSecrets({ includePlannedDeletion: false })).includes(name));
    assert.ok((await stack.listSecrets()).includes(name));
    await stack.up("--expect-no-changes");
    await stack.finish();
  });
});

describe("AWS that cannot be asked whether the names of new secrets are free, on the engine", function () {
  it("causes one warning, and a preview continues", async () => {
    const stack = await StackUnderTest.create({
      customers: [acme, globex],
      config: { "aws:endpoints": [{ secretsmanager: `http://127.0.0.1:${await closedPort()}` }] },
    });
    const [, said = ""] = (await stack.succeed(["preview"])).split("Diagnostics:");
    assert.equal(said.match(/\bDeleteSecret\b/g)?.length, 1);
    await stack.close();
  });
});
