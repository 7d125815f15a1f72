import { z } from "zod";

import { openApprovalKeys } from "./approval/keys";
import { recordRules } from "./approval/rules-on-record";
import type { ServiceContext } from "./context";
import { createApp, type WebContext } from "./http/app";
import { EventFeed } from "./http/event-feed";
import { describeError, openLog } from "./http/log";
import { openMetrics, serveMetrics } from "./http/metrics";
import { openLogIn } from "./identity/log-in";
import { checkDatabase, openDatabase } from "./records/database";
import { readEnvironment, readSettings, SettingsError } from "./settings/read";
import { Queue } from "./work/queue";

/*
 * The web process: the API, and people's log-in. It has no rights at AWS, no passphrase and no organization key.
 */

const port = z.coerce.number().int().min(0).max(65_535);

const environmentSchema = z.object({
  /** Of the runtime's role. */
  DATABASE_URL: z.url(),
  SERVICE_SETTINGS: z.string().min(1),
  /** Default: loopback, for a proxy on the same machine. */
  SERVICE_HOST: z.string().default("127.0.0.1"),
  SERVICE_PORT: port.default(8080),
  SERVICE_METRICS_PORT: port.default(9464),
  /** The secret of the service's own client at the issuer. */
  SERVICE_CLIENT_SECRET: z.string().min(1),
  /** 32 random bytes, base64url: what a browser keeps during a log-in is encrypted with it. */
  SERVICE_SESSION_KEY: z
    .base64url()
    .transform((text) => Buffer.from(text, "base64url"))
    .refine((key) => key.length === 32, "must be 32 random bytes, base64url"),
  SERVICE_APPROVAL_KEY: z.string().min(1),
});

/** What this process must not have: another one's rights. */
const foreign = [
  "PULUMI_CONFIG_PASSPHRASE",
  "TENANTS_PRIVATE_KEY",
  "AWS_SECRET_ACCESS_KEY",
  "DATABASE_OWNER_URL",
];

async function main(): Promise<void> {
  const present = foreign.filter((name) => (process.env[name] ?? "") !== "");
  if (present.length > 0)
    throw new SettingsError(
      `The web process must not have ${present.join(", ")}: it is the worker's, or the owner's.`,
    );
  const environment = readEnvironment(environmentSchema, process.env);
  const settings = await readSettings(environment.SERVICE_SETTINGS);
  const now = (): Date => new Date();
  const log = openLog(process.stdout, now);
  await checkDatabase(environment.DATABASE_URL);
  const database = openDatabase(environment.DATABASE_URL);
  const approvals = await openApprovalKeys(settings, process.env);
  const jobs = await Queue.open(database, (error) => {
    log("warn", "queue", describeError(error));
  });
  const service: ServiceContext = { database, settings, approvals, jobs, now };
  await recordRules(service);
  const metrics = openMetrics(database);
  const logIn = openLogIn(settings, {
    clientSecret: environment.SERVICE_CLIENT_SECRET,
    sealingKey: environment.SERVICE_SESSION_KEY,
  });
  const context: WebContext = { ...service, logIn, log, metrics, feed: new EventFeed(service) };
  const app = await createApp(context);
  const { SERVICE_HOST: host, SERVICE_PORT, SERVICE_METRICS_PORT } = environment;
  const metricsServer = await serveMetrics(metrics, host, SERVICE_METRICS_PORT);
  await app.listen({ host, port: SERVICE_PORT });
  log("info", "listening", { port: SERVICE_PORT, metricsPort: SERVICE_METRICS_PORT });

  const stop = (): void => {
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
  // What the settings lack is for whoever starts it; anything else is named, without its text.
  if (error instanceof SettingsError) process.stderr.write(`${error.message}\n`);
  else {
    openLog(process.stderr, () => new Date())("error", "notStarted", describeError(error));
    process.stderr.write(`The web process could not start: ${error instanceof Error ? error.message : ""}\n`);
  }
  process.exit(1);
});
