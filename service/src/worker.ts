import { once } from "node:events";

import { Gauge, Registry } from "prom-client";
import { z } from "zod";

import { openApprovalKeys } from "./approval/keys";
import { recordRules } from "./approval/rules-on-record";
import { describeError, openLog } from "./http/log";
import { serveMetrics } from "./http/metrics";
import { checkDatabase, openDatabase } from "./records/database";
import { readEnvironment, readSettings, SettingsError } from "./settings/read";
import { findProgram } from "./work/program";
import { type QueueName } from "./work/queue";
import { Worker } from "./work/worker";

/*
 * The worker process: it makes plans and applies them. It has the rights of the stage's role at AWS, and the passphrase;
 * nobody can call it.
 */

const environmentSchema = z.object({
  /** Of the runtime's role. */
  DATABASE_URL: z.url(),
  SERVICE_SETTINGS: z.string().min(1),
  /** Where Prometheus reads; without it, nothing is served. */
  SERVICE_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  SERVICE_HOST: z.string().default("127.0.0.1"),
});

/** What this process must not have: with it a worker could make up requests and approvals. */
const foreign = [
  "SERVICE_APPROVAL_KEY",
  "SERVICE_CLIENT_SECRET",
  "SERVICE_SESSION_KEY",
  "DATABASE_OWNER_URL",
];

async function main(): Promise<void> {
  const present = foreign.filter((name) => (process.env[name] ?? "") !== "");
  if (present.length > 0)
    throw new SettingsError(
      `The worker must not have ${present.join(", ")}: it is the web process's, or the owner's.`,
    );
  const environment = readEnvironment(environmentSchema, process.env);
  const settings = await readSettings(environment.SERVICE_SETTINGS);
  const now = (): Date => new Date();
  const log = openLog(process.stdout, now);
  await checkDatabase(environment.DATABASE_URL);
  const database = openDatabase(environment.DATABASE_URL, 20);
  const approvals = await openApprovalKeys(settings, process.env);
  const worker = await Worker.start({
    database,
    databaseUrl: environment.DATABASE_URL,
    settings,
    approvals,
    environment: process.env,
    program: await findProgram(),
    onProblem: (what, error) => {
      log("error", `worker: ${what}`, describeError(error));
    },
    now,
  });
  await recordRules(worker.work.context);
  const { SERVICE_METRICS_PORT: port, SERVICE_HOST: host } = environment;
  const metrics = port === undefined ? undefined : await serveMetrics(openMetrics(worker), host, port);
  log("info", "workerStarted", { ...(port === undefined ? {} : { metricsPort: port }) });
  const ends = new AbortController();
  await Promise.race(
    (["SIGTERM", "SIGINT"] as const).map((signal) => once(process, signal, { signal: ends.signal })),
  );
  ends.abort();
  metrics?.close();
  await worker.close();
  await database.destroy();
  log("info", "workerEnded");
}

function openMetrics({ work }: Worker): Parameters<typeof serveMetrics>[0] {
  const registry = new Registry();
  new Gauge({
    name: "provisioning_jobs",
    help: "Jobs by queue and state.",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      const counts = await work.queue.counts();
      for (const [queue, states] of Object.entries(counts) as [QueueName, Record<string, number>][])
        for (const [state, count] of Object.entries(states)) this.set({ queue, state }, count);
    },
  });
  return {
    answered: () => undefined,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // Its text may hold what it was started with; of our own errors alone it is known not to.
    const text = error instanceof SettingsError ? error.message : JSON.stringify(describeError(error));
    process.stderr.write(`worker: ${text}\n`);
    process.exit(1);
  },
);
