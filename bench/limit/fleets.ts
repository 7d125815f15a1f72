import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { FleetUnderTest, numbered } from "../../test/engine/fleet-project";
import {
  customers,
  measured,
  type Measurement,
  type RetryAfter,
  runBenchmark,
  settingsFor,
} from "./measurement";

/**
 * Measures how close two fleets that are started at once, and share nothing but the backend and the limit, come to what
 * the limit allows: a folder for temporary files of its own makes each a machine of its own.
 *
 *   npm run bench:limit:fleets -- [none|seconds|date|absent]
 */
const bits = 2;

async function measure(retryAfter: RetryAfter): Promise<Measurement> {
  const folders = await Promise.all(
    ["one", "two"].map((name) => mkdtemp(path.join(os.tmpdir(), `machine-${name}-`))),
  );
  const fleet = await FleetUnderTest.create(bits, numbered(customers), {
    sandbox: { ...settingsFor(retryAfter), latencyMs: 50 },
  });
  try {
    return await measured(fleet.stack.sandbox, retryAfter, async () => {
      const both = await Promise.all(folders.map((TMPDIR) => fleet.runWith({ TMPDIR }, "up")));
      for (const { exitCode, totals, stderr } of both) {
        console.error(JSON.stringify(totals));
        if (exitCode !== 0) throw new Error(stderr);
      }
    });
  } finally {
    await fleet.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

runBenchmark(["none", "seconds", "date", "absent"], measure);
