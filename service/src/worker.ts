import { once } from "node:events";

import type { Kysely } from "kysely";
import { Counter, Gauge, Registry } from "prom-client";

import { recordRules } from "./approval/rules-on-record";
import { rotationsDue } from "./customers/rotations";
import { describeError, openLog } from "./http/log";
import { serveMetrics } from "./http/metrics";
import { openIssuerFetch } from "./identity/issuer-fetch";
import { openMailer } from "./notices/mail/smtp";
import { countNotices } from "./notices/outbox";
import { NoticeSender } from "./notices/sender";
import { openEndpoints } from "./notices/webhook/secrets";
import { checkDatabase, checkRuntimeRole, openDatabase } from "./records/database";
import type { Schema } from "./records/schema";
import { readEnvironment, readSettings, SettingsError } from "./settings/read";
import { workerEnvironmentSchema } from "./settings/worker-environment";
import { openApprovalKeys } from "./signing/keys";
import { openSeals } from "./signing/notice-seal";
import { assertOwnProviders, openWorkerClock } from "./work/environment";
import { findProgram } from "./work/program";
import { type QueueName } from "./work/queue";
import { Worker } from "./work/worker";

/**
 * The worker process: it makes and applies plans. It has the AWS rights of the stage's role, and the
 * passphrase; no one can call it.
 */

/** Variables that this process must not have: with them a worker could forge requests and approvals. */
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
      `The worker must not have ${present.join(", ")}: only the web process or the database's owner may have it.`,
    );
  const environment = readEnvironment(workerEnvironmentSchema, process.env);
  const settings = await readSettings(environment.SERVICE_SETTINGS);
  const password = environment.SERVICE_SMTP_PASSWORD;
  if (settings.mail?.user !== undefined && password === undefined)
    throw new SettingsError("mail.user: the password is missing: set SERVICE_SMTP_PASSWORD.");
  const endpoints = await openEndpoints(settings, process.env);
  const now = openWorkerClock(settings, process.env);
  assertOwnProviders(settings, process.env);
  const log = openLog(process.stdout, now);
  await checkDatabase(environment.DATABASE_URL);
  await checkRuntimeRole(environment.DATABASE_URL);
  const database = openDatabase(environment.DATABASE_URL, 20);
  const approvals = openApprovalKeys(settings, process.env, openIssuerFetch(process.env));
  const onProblem = (what: string, error: unknown): void => {
    log("error", `worker: ${what}`, describeError(error));
  };
  const worker = await Worker.start({
    database,
    databaseUrl: environment.DATABASE_URL,
    settings,
    approvals,
    seals: openSeals(endpoints),
    environment: process.env,
    program: await findProgram(),
    onProblem,
    now,
  });
  await recordRules(worker.work.context);
  const { SERVICE_METRICS_PORT: port, SERVICE_HOST: host } = environment;
  const registry = new Registry();
  const attempts = noticeMetrics(registry, database);
  const sender = new NoticeSender({
    context: worker.work.context,
    mailer: settings.mail && openMailer(settings.mail, password),
    endpoints,
    onAttempt: ({ id, channel, topic, request_id: request }, how) => {
      attempts.inc({ channel, outcome: how });
      const level = how === "failed" ? "warn" : "info";
      log(level, `notice ${how}`, { notice: id, channel, topic, request: request ?? undefined });
    },
    onProblem,
  }).start();
  const metrics =
    port === undefined ? undefined : await serveMetrics(openMetrics(worker, registry), host, port);
  log("info", "workerStarted", { ...(port === undefined ? {} : { metricsPort: port }) });
  const ends = new AbortController();
  await Promise.race(
    (["SIGTERM", "SIGINT"] as const).map((signal) => once(process, signal, { signal: ends.signal })),
  );
  ends.abort();
  metrics?.close();
  await sender.close();
  await worker.close();
  await database.destroy();
  log("info", "workerEnded");
}

function openMetrics({ work }: Worker, registry: Registry): Parameters<typeof serveMetrics>[0] {
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
  new Gauge({
    name: "provisioning_rotations",
    help: "Rotations and retirements of credentials by the calendar: due now, and overdue.",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const due = await rotationsDue(work.context);
      this.set({ state: "due" }, due.filter((one) => one.due).length);
      this.set({ state: "overdue" }, due.filter((one) => one.overdue).length);
    },
  });
  return {
    answered: () => undefined,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Registers the worker's metrics of mails and webhooks: attempts by result, and notices by state. */
function noticeMetrics(registry: Registry, database: Kysely<Schema>): Counter<"channel" | "outcome"> {
  const registers = [registry];
  new Gauge({
    name: "provisioning_notices",
    help: "Mails and webhook messages by state: waiting, sent, superseded, failed. Finished ones are stored for 30 days.",
    labelNames: ["channel", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { channel, state, count } of await countNotices(database))
        this.set({ channel, state }, count);
    },
  });
  return new Counter({
    name: "provisioning_notice_attempts_total",
    help: "Attempts to send a mail or a webhook message, by result.",
    labelNames: ["channel", "outcome"],
    registers,
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // An error's text may contain start parameters; only our own errors certainly do not.
    const text = error instanceof SettingsError ? error.message : JSON.stringify(describeError(error));
    process.stderr.write(`worker: ${text}\n`);
    process.exit(1);
  },
);
