import { strict as assert } from "node:assert";
import { once } from "node:events";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { endOf } from "../fuzz/killed-command";
import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { descendants, StackUnderTest } from "./engine";

/** Runs an `up`, and signals the engine once a condition holds. Resolves with its exit code, and with what it had started. */
async function signalUpWhen(
  stack: StackUnderTest,
  signal: "SIGINT" | "SIGTERM",
  condition: () => boolean,
): Promise<{ exitCode: unknown; started: number[] }> {
  const { engine, processId: engineId } = stack.start(["up", "--yes", "--skip-preview"]);
  const closed = once(engine, "close");
  await stack.waitWhileRunning(engine, condition);
  const started = (await descendants(engineId)).filter((processId) => processId !== engineId);
  process.kill(engineId, signal);
  const [exitCode] = (await closed) as unknown[];
  return { exitCode, started };
}

for (const [signal, tag] of [
  ["SIGINT", ""],
  ["SIGTERM", ` ${exhaustiveTag}`],
] as const) {
  describe(`${signal} in the middle of an up, on the engine${tag}`, function () {
    it("waits for the call in flight and saves its result; the next up continues from there", async () => {
      const stack = await StackUnderTest.create({ customers: [acme] });
      const { control } = stack.sandbox;
      control.addFault({ operation: "createTenantApplication", kind: "latency", latencyMs: 2000 });
      const { exitCode, started } = await signalUpWhen(
        stack,
        signal,
        () => control.requests().createTenantApplication > 0,
      );
      assert.notEqual(exitCode, 0);
      assert.ok(started.length > 0);
      assert.deepEqual(await endOf(started), [], "something was left running");
      const [applicationId] = stack.existing()["acme"]!;
      const state = await stack.workspace.exportState();
      assert.match(JSON.stringify(state), new RegExp(`"applicationId":"${applicationId}"`));
      await stack.up();
      assert.deepEqual(stack.existing()["acme"], [applicationId]);
      assert.equal(control.requests().createTenantApplication, 1);
      for (const application of toApplications(await stack.workspace.outputs())) {
        await proveSecret(stack.aws, application);
      }
      await stack.up("--expect-no-changes");
      await stack.finish();
    });
  });
}
