import { strict as assert } from "node:assert";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { startingStateOf } from "resistant-tenants-service/plan/starting-state";
import { EngineProblem, Engines } from "resistant-tenants-service/work/engine";
import { type EngineEvent } from "resistant-tenants-service/work/engine-events";
import { findProgram } from "resistant-tenants-service/work/program";
import { membersOf, type Session } from "resistant-tenants-service/work/sessions";

import { startWorkSandbox, type WorkSandbox } from "./sandbox";

describe("the engine of a job", () => {
  let sandbox: WorkSandbox;

  before(async () => {
    sandbox = await startWorkSandbox({ encryption: "passphrase" });
  });

  after(async () => {
    await sandbox.close();
  });

  it("creates a stack, applies the plan that was made in another folder, and leaves neither folder nor process", async () => {
    const sessions: Session[] = [];
    const engines = await Engines.open(
      sandbox.settings,
      { ...sandbox.environment, DATABASE_URL: "postgres://secret" },
      await findProgram(),
    );
    const job = {
      stage: "testing" as const,
      stack: "testing-acme",
      reason: "a test",
      customers: [{ name: "acme", customerId: "CRM-1", cells: ["eu-1"] }],
      onStart: (session: Session) => Promise.resolve(void sessions.push(session)),
    };
    const planned = await engines.with({ ...job, id: "plan", settings: undefined }, async (engine) => {
      const state = startingStateOf(await engine.prepare());
      assert.equal(state.size, 0);
      assert.equal(engine.environment["DATABASE_URL"], undefined);
      const { preview, plan } = await engine.preview();
      assert.deepEqual([...new Set(preview.steps.map(({ operation }) => operation))], ["create"]);
      return { plan, state, settings: engine.stackSettings };
    });
    assert.ok(planned.settings.encryptionsalt);

    const events: EngineEvent[] = [];
    const applied = await engines.with(
      { ...job, id: "apply", settings: planned.settings },
      async (engine) => {
        assert.equal(startingStateOf(await engine.prepare()).digest, planned.state.digest);
        await engine.up(planned.plan, (event) => Promise.resolve(void events.push(event)));
        const after = startingStateOf(await engine.export());
        assert.notEqual(after.digest, planned.state.digest);
        // An update that changes nothing writes other times, another order and other ciphertexts.
        await engine.up(undefined, (event) => Promise.resolve(void events.push(event)));
        const again = startingStateOf(await engine.export());
        assert.equal(again.digest, after.digest);
        assert.notEqual(again.lastUpdate, after.lastUpdate);
        return again.outputs;
      },
    );
    const { acme } = applied["customers"] as Record<string, { applications: { secretArn: string }[] }>;
    const stored = await sandbox.storedSecret(acme?.applications[0]?.secretArn ?? "");
    assert.match(String(stored["client_secret"]), /.{20}/);
    assert.ok(
      events.some(({ name, state, type }) => name === "acme" && state === "done" && type.endsWith("Tenant")),
    );
    assert.ok(!JSON.stringify(events).includes(String(stored["client_secret"])));

    await assert.rejects(
      engines.with(
        { ...job, id: "wrong", settings: planned.settings, customers: [{ name: "acme" }] },
        async (engine) => {
          await engine.prepare();
          return engine.preview();
        },
      ),
      (error: unknown) => error instanceof EngineProblem && error.message.includes("customerId"),
    );
    assert.deepEqual(await readdir(path.join(sandbox.directory, "work")), []);
    assert.ok(sessions.length >= 8);
    for (const session of sessions) assert.deepEqual(await membersOf(session), []);
  });
});
