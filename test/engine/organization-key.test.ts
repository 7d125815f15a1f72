import { strict as assert } from "node:assert";

import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

const withoutKey = { TENANTS_PRIVATE_KEY: undefined };

describe("the organization's key, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  it("is read from Secrets Manager", async () => {
    const arn = await stack.createSecret("organization-key", stack.sandbox.privateKeyPem);
    await stack.workspace.configure({ "tenants:privateKeySecretArn": arn });
    await stack.succeed(["up", "--yes", "--skip-preview"], { env: withoutKey });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });

  it(`is read from the stack's configuration, if it is encrypted there ${exhaustiveTag}`, async () => {
    await stack.configurePrivateKey();
    await stack.succeed(["up", "--yes", "--skip-preview"], { env: withoutKey });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });

  it("is used with the environment's client, which overrides the configured one", async () => {
    await stack.workspace.configure({ "tenants:clientId": "0oa-somebody-else" });
    assert.match(
      await stack.fail(["up", "--yes", "--skip-preview"]),
      /0oa-somebody-else.*\b401\b.*invalid_client/,
    );
    await stack.succeed(["up", "--yes", "--skip-preview"], {
      env: { TENANTS_CLIENT_ID: stack.sandbox.clientId },
    });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });

  it("that cannot be read from Secrets Manager is reported with its ARN and the required permission", async () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:nowhere-AbCdEf";
    await stack.workspace.configure({ "tenants:privateKeySecretArn": arn });
    const printed = await stack.fail(["up", "--yes", "--skip-preview"]);
    assert.match(printed, /tenants:privateKeySecretArn \(arn:aws:.*secretsmanager:GetSecretValue/s);
    await stack.workspace.configure({
      "tenants:privateKeySecretArn": await stack.createSecret("k", stack.sandbox.privateKeyPem),
    });
    await stack.up();
  });
});
