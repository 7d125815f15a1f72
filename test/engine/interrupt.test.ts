import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleepMs } from "node:timers/promises";

import { proveSecret } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { endOf } from "../fuzz/killed-command";
import { acme } from "./customers";
import { descendants, repositoryRoot, StackUnderTest } from "./engine";

/** Runs an `up`, and signals the engine once a condition holds. Resolves with its exit code, and with what it had started. */
async function signalUpWhen(
  stack: StackUnderTest,
  signal: "SIGINT" | "SIGTERM",
  condition: () => boolean,
): Promise<{ exitCode: unknown; started: number[] }> {
  const engine = spawn("pulumi", ["up", "--yes", "--skip-preview"], {
    cwd: repositoryRoot,
    env: { ...process.env, ...stack.workspace.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const collect = (data: Buffer): number => stack.printed.push(data.toString());
  engine.stdout.on("data", collect);
  engine.stderr.on("data", collect);
  const closed = once(engine, "close");
  while (!condition()) {
    assert.equal(engine.exitCode, null, `the up ended before the signal:\n${stack.printed.join("")}`);
    await sleepMs(5);
  }
  assert.ok(engine.pid !== undefined);
  const started = (await descendants(engine.pid)).filter((processId) => processId !== engine.pid);
  process.kill(engine.pid, signal);
  const [exitCode] = (await closed) as unknown[];
  return { exitCode, started };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  describe(`${signal} in the middle of an up, on the engine`, function () {
    it("waits for the call in flight and saves what it made; the next up goes on from there", async () => {
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
