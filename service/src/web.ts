import { askForRotations } from "./actions/clock-requests";
import { createApp } from "./app";
import { recordRules } from "./approval/rules-on-record";
import type { ServiceContext } from "./context";
import { EventFeed } from "./http/event-feed";
import { describeError, openLog } from "./http/log";
import { openMetrics, serveMetrics } from "./http/metrics";
import { UnknownCallers } from "./http/refusals";
import type { WebContext } from "./http/web-context";
import { openIssuerFetch } from "./identity/issuer-fetch";
import { openLogIn } from "./identity/log-in";
import { checkDatabase, checkRuntimeRole, openDatabase } from "./records/database";
import { readEnvironment, readSettings, SettingsError } from "./settings/read";
import { webEnvironmentSchema } from "./settings/web-environment";
import { openApprovalKeys } from "./signing/keys";
import { Queue } from "./work/queue";

/** The web process: the API, and people's log-in. It has no AWS rights, no passphrase and no organization key. */

/** Variables that this process must not have: they belong to another process. */
const foreign = [
  "PULUMI_CONFIG_PASSPHRASE",
  "TENANTS_PRIVATE_KEY",
  "AWS_SECRET_ACCESS_KEY",
  "DATABASE_OWNER_URL",
  "SERVICE_SMTP_PASSWORD",
];

/** How often this process requests rotations that the worker could not do, in milliseconds. */
const askedEveryMs = 15_000;

async function main(): Promise<void> {
  const webhookSecrets = Object.keys(process.env).filter((name) => name.startsWith("SERVICE_WEBHOOK_"));
  const present = [...foreign, ...webhookSecrets].filter((name) => (process.env[name] ?? "") !== "");
  if (present.length > 0)
    throw new SettingsError(
      `The web process must not have ${present.join(", ")}: only the worker or the database's owner may have it.`,
    );
  const environment = readEnvironment(webEnvironmentSchema, process.env);
  const settings = await readSettings(environment.SERVICE_SETTINGS);
  const now = (): Date => new Date();
  const log = openLog(process.stdout, now);
  await checkDatabase(environment.DATABASE_URL);
  await checkRuntimeRole(environment.DATABASE_URL);
  const database = openDatabase(environment.DATABASE_URL);
  const issuerFetch = openIssuerFetch(process.env);
  const approvals = openApprovalKeys(settings, process.env, issuerFetch);
  const jobs = await Queue.open(database, (error) => {
    log("warn", "queue", describeError(error));
  });
  const service: ServiceContext = { database, settings, approvals, jobs, now };
  await recordRules(service);
  const metrics = openMetrics(database);
  const logIn = openLogIn(settings, {
    clientSecret: environment.SERVICE_CLIENT_SECRET,
    sealingKey: environment.SERVICE_SESSION_KEY,
    issuerFetch,
  });
  const context: WebContext = {
    ...service,
    logIn,
    log,
    metrics,
    feed: new EventFeed(service),
    unknownCallers: new UnknownCallers(),
  };
  const app = await createApp(context);
  const { SERVICE_HOST: host, SERVICE_PORT, SERVICE_METRICS_PORT } = environment;
  const metricsServer = await serveMetrics(metrics, host, SERVICE_METRICS_PORT);
  await app.listen({ host, port: SERVICE_PORT });
  log("info", "listening", { port: SERVICE_PORT, metricsPort: SERVICE_METRICS_PORT });

  const clock = setInterval(() => {
    askForRotations(service).catch((error: unknown) => {
      log("error", "rotationNotAskedFor", describeError(error));
    });
  }, askedEveryMs);

  const stop = (): void => {
    clearInterval(clock);
    metricsServer.close();
    void app
      .close()
      .then(() => jobs.close())
      .then(() => database.destroy())
      .then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
}

main().catch((error: unknown) => {
  // Settings errors are for the person who starts it; of any other error only the class is printed, not its
  // text.
  if (error instanceof SettingsError) process.stderr.write(`${error.message}\n`);
  else {
    openLog(process.stderr, () => new Date())("error", "notStarted", describeError(error));
    process.stderr.write(`The web process could not start: ${error instanceof Error ? error.message : ""}\n`);
  }
  process.exit(1);
});
