import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { FleetUnderTest, numbered } from "../../test/engine/fleet-project";
import { measured, type Measurement, type RetryAfter, runBenchmark, settingsFor } from "./measurement";

/**
 * Measures how close two simultaneous fleets that share only the backend and the limit come to the limit. Each has its
 * own folder for temporary files, and so acts as a separate machine.
 *
 *   npm run bench:limit:fleets -- [none|seconds|date|absent]
 */
const bits = 3;
const customers = 200;

async function measure(retryAfter: RetryAfter): Promise<Measurement> {
  const folders = await Promise.all(
    ["one", "two"].map((name) => mkdtemp(path.join(os.tmpdir(), `machine-${name}-`))),
  );
  const fleet = await FleetUnderTest.create(bits, numbered(customers), {
    sandbox: { ...settingsFor(customers, retryAfter), latencyMs: 50 },
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

runBenchmark(customers, ["none", "seconds", "date", "absent"], measure);
