import { strict as assert } from "node:assert";
import { setTimeout as sleepMs } from "node:timers/promises";

import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

const up = ["up", "--yes", "--skip-preview"];

/** How long the API takes for each answer, in milliseconds: long enough for two engines to be at work beside each other. */
const latencyMs = 1000;

describe("two ups of one stack at once, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme], sandbox: { latencyMs } });
  });
  afterEach(async () => {
    await stack.finish();
  });

  it("are one that does everything, and one that reports the other and sends nothing", async () => {
    const first = stack.run(up);
    while (stack.sandbox.control.requests().createTenant === 0) await sleepMs(5);
    assert.match(await stack.fail(up), /the stack is currently locked by 1 lock/);
    const { exitCode, stdout } = await first;
    assert.equal(exitCode, 0, stdout);
    const { token, createTenant, createTenantApplication } = stack.sandbox.control.requests();
    assert.deepEqual(
      { token, createTenant, createTenantApplication },
      { token: 1, createTenant: 1, createTenantApplication: 1 },
    );
    assert.equal(stack.existing()["acme"]!.length, 1);
    await stack.up("--expect-no-changes");
  });
});

describe("two stacks that declare the same customer, on the engine", function () {
  let one: StackUnderTest;
  let other: StackUnderTest;

  beforeEach(async () => {
    one = await StackUnderTest.create({ customers: [acme], sandbox: { latencyMs } });
    other = await one.createBeside({ customers: [acme] });
  });
  afterEach(async () => {
    await one.finish();
    await other.close();
  });

  it(`are one that has it, and one that reports its id and the adopt line, and creates nothing ${exhaustiveTag}`, async () => {
    const ups = await Promise.all([one.run(up), other.run(up)]);
    assert.deepEqual(ups.map(({ exitCode }) => exitCode === 0).toSorted(), [false, true]);
    const [winner, loser] = ups[0].exitCode === 0 ? [one, other] : [other, one];
    const tenantId = one.tenantId("acme");
    const refusal = ['"acme"', `tenant ${tenantId}`, `adopt: ${tenantId}`];
    mentions(loser.printed.join("\n"), ...refusal);
    const { createTenant, createTenantApplication } = one.sandbox.control.requests();
    assert.deepEqual(
      { createTenant, createTenantApplication },
      { createTenant: 2, createTenantApplication: 1 },
    );

    // Nor does a later run of the one that lost take what is the other's.
    mentions(await loser.fail(up), ...refusal);
    assert.equal(one.existing()["acme"]!.length, 1);
    assert.deepEqual(await loser.listSecrets(), []);
    await winner.up("--expect-no-changes");

    // And what it never had does not go with it.
    await loser.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.equal(one.existing()["acme"]!.length, 1);
    await winner.up("--expect-no-changes");
  });
});
