import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { useLocalEnvironment } from "../../sandbox/environment";
import { proveToken } from "../../sandbox/start/proof";
import { closeShared } from "../../test/engine/engine";
import { createSharedBucket } from "../../test/engine/fleet-bucket";
import { FleetUnderTest, numbered } from "../../test/engine/fleet-project";

/**
 * Kills a fleet three times in different ways, and lets two fleets that share only the backend finish it. Then every
 * tenant must exist once, and every secret must get a token.
 *
 *   npm run bench:fleet:killed -- [customers] [bits] [file|s3]
 */
const [customers = 200, bits = 4] = process.argv.slice(2, 4).map(Number);
const backend = process.argv[4] ?? "file";

async function main(): Promise<void> {
  useLocalEnvironment();
  const bucket = backend === "s3" ? await createSharedBucket() : undefined;
  const fleet = await FleetUnderTest.create(bits, numbered(customers), {
    sandbox: { latencyMs: 50, quota: customers },
    env: bucket?.env ?? {},
  });
  if (bucket !== undefined) await fleet.stack.workspace.configure({ "tenants:journal": bucket.journal });
  const folders = await Promise.all(
    ["one", "two"].map((name) => mkdtemp(path.join(os.tmpdir(), `fleet-${name}-`))),
  );
  try {
    const startedAtMs = performance.now();
    const made = (): number => fleet.stack.sandbox.control.requests().createTenantApplication;
    for (const [what, share] of [
      ["all", 0.2],
      ["fleet", 0.45],
      ["engines", 0.7],
    ] as const) {
      await fleet.killWhen(() => made() >= customers * share, what);
      console.log(`killed at ${made()} applications: ${what}`);
    }
    const both = await Promise.all(folders.map((folder) => fleet.runWith({ TMPDIR: folder }, "up")));
    for (const { exitCode, totals, seconds, stderr, stacks } of both) {
      console.log(exitCode, JSON.stringify(totals), `${seconds} s`);
      if (exitCode !== 0)
        console.log(
          stderr,
          stacks.filter(({ outcome }) => outcome === "failed").map(({ problem }) => problem),
        );
    }
    console.log(`in all ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
    assert.deepEqual(
      both.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    const existing = fleet.stack.existing();
    assert.equal(fleet.stack.sandbox.control.tenants().length, customers);
    assert.equal(Object.keys(existing).length, customers);
    assert.ok(Object.values(existing).every(({ length }) => length === 1));
    const listed = await fleet.list();
    assert.equal(listed.length, customers);
    for (const { applications } of listed)
      for (const { secretArn } of applications)
        assert.ok((await proveToken(await fleet.stack.storedSecret(secretArn))).scopes.length > 0);
    const { createTenant, createTenantApplication, deleteTenantApplication } =
      fleet.stack.sandbox.control.requests();
    console.log("requests", { createTenant, createTenantApplication, deleteTenantApplication });
    console.log("every tenant once, every secret gets a token");
  } finally {
    await fleet.close();
    bucket?.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

main()
  .finally(closeShared)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
