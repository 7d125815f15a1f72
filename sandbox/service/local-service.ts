import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startTenantManagement } from "../api";
import type { Stage } from "../api/cells";
import { findAwsProvider } from "../aws/find-provider";
import { startSecretsManager } from "../aws/moto";
import { SandboxError } from "../errors";
import { runToSuccess } from "../process";
import type { Log } from "../progress";
import { findPulumi } from "../pulumi/cli";
import type { Closers } from "../start/closers";
import type { Lifetime } from "../start/lifetime";
import { type ServiceProcess, startProcess } from "./children";
import { ApiClient } from "./client";
import { startDatabase } from "./database";
import { type IdentityProvider, startIdentityProvider } from "./identity";
import { openStartFolder, type StartFolder } from "./kept-start";
import { startMailReceiver } from "./mail";
import { type Account, readPeople } from "./people";
import { writeSettings } from "./settings-file";

const root = path.resolve(__dirname, "../..");
const region = "eu-west-1";
const audience = "urn:resistant-tenants:provisioning";

export interface LocalServiceOptions {
  /** A file with more people. */
  readonly people?: string;
  /** A folder that stores everything; default: each start begins empty. */
  readonly data?: string;
  /** The port of the API; default: a free one. */
  readonly port?: number;
}

/** Everything that one local start runs. */
export interface LocalService {
  readonly folder: StartFolder;
  readonly url: string;
  readonly metricsUrl: string;
  readonly identity: IdentityProvider;
  readonly accounts: readonly Account[];
  /** The folder of the service's mails, one file each. */
  readonly mailFolder: string;
  readonly secretsManagerUrl: string;
  readonly tenantManagementUrls: Readonly<Record<Stage, string>>;
  readonly web: ServiceProcess;
  readonly worker: ServiceProcess;
}

/** Compiles what has changed since it was last compiled. */
export async function buildService({ log, signal }: Pick<Lifetime, "log" | "signal">): Promise<void> {
  log("Compiling what has changed.");
  await runToSuccess(process.execPath, [path.join(root, "build.js"), "service"], { cwd: root, signal });
}

/**
 * Starts everything that the service needs, and its two processes, each with a separate environment.
 *
 * @returns Resolves when the API responds and the worker runs.
 */
export async function startLocalService(
  options: LocalServiceOptions,
  { log, closers }: { log: Log; closers: Closers },
): Promise<LocalService> {
  const accounts = await readPeople(options.people);
  assertKeepable(options);
  const pulumi = await findPulumi({ log });
  const folder = await openStartFolder(options.data, options.port);
  closers.add("the folder", folder.close);
  const { directory, kept, isKept, isResumed } = folder;
  if (isResumed) log(`Continuing with the contents of ${directory}.`);
  const { ports } = kept;

  const database = await startDatabase(folder, { log, closers });
  const stages = {
    testing: await startTenantManagement(apiOptions("testing", folder)),
    production: await startTenantManagement(apiOptions("production", folder)),
  };
  for (const [stage, api] of Object.entries(stages)) {
    closers.add(`the Tenant Management API (${stage})`, () => api.close());
    log(`Tenant Management API, ${stage}: ${api.apiUrl}.`);
  }
  const secretsManager = await startSecretsManager({
    log,
    port: ports.secretsManager,
    ...(isKept ? { keptIn: path.join(directory, "secrets-manager.pickle") } : {}),
  });
  closers.add("Secrets Manager", secretsManager.close);
  const { endpointUrl } = secretsManager;
  const aws = await findAwsProvider({ pulumi, endpointUrl, region, log });
  closers.add("the AWS provider", aws.close);

  const url = `http://127.0.0.1:${ports.web}`;
  const identity = await startIdentityProvider({
    accounts,
    state: kept.identity,
    port: ports.issuer,
    audience,
    redirectUri: `${url}/callback`,
  });
  closers.add("the identity provider", () => identity.close());
  log(`Identity provider: ${identity.issuer}.`);

  const mail = await startMailReceiver(path.join(directory, "mail"));
  closers.add("the mail server", mail.close);
  log(`Mail is stored in ${mail.folder}.`);

  const settings = path.join(directory, "service.yaml");
  const { issuer, web: client } = identity;
  const parts = { folder, url, issuer, clientId: client.clientId, audience, aws, region, stages };
  await writeSettings(settings, { ...parts, secretsManagerUrl: endpointUrl, smtpPort: mail.port });
  const home = await makeHome(directory, aws.pluginsFolder);

  const both = { DATABASE_URL: database.url, SERVICE_SETTINGS: settings, TZ: "UTC", LANG: "C.UTF-8" };
  const nodeFolder = path.dirname(process.execPath);
  const web = startProcess({
    name: "web",
    directory,
    closers,
    log,
    env: {
      ...both,
      PATH: nodeFolder,
      SERVICE_PORT: String(ports.web),
      SERVICE_METRICS_PORT: String(ports.metrics),
      SERVICE_CLIENT_SECRET: client.clientSecret,
      SERVICE_SESSION_KEY: kept.sessionKey,
      SERVICE_APPROVAL_KEY: JSON.stringify(kept.approvalKey),
    },
  });
  const worker = startProcess({
    name: "worker",
    directory,
    closers,
    log,
    env: {
      ...both,
      ...aws.env,
      ...awsCredentials(),
      PATH: [pulumi.bin, nodeFolder, process.env["PATH"] ?? "/usr/bin:/bin"].join(path.delimiter),
      HOME: home,
      PULUMI_HOME: home,
      PULUMI_CONFIG_PASSPHRASE: kept.passphrase,
      SERVICE_METRICS_PORT: String(ports.workerMetrics),
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  await Promise.race([untilReady(url), web.ended, worker.ended]);
  await introduce(url, identity.peopleTokenUrl, accounts);
  return {
    folder,
    url,
    metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    identity,
    accounts,
    mailFolder: mail.folder,
    secretsManagerUrl: endpointUrl,
    tenantManagementUrls: { testing: stages.testing.apiUrl, production: stages.production.apiUrl },
    web,
    worker,
  };
}

/** @throws SandboxError if another person's resource would have to be stored */
function assertKeepable({ data }: LocalServiceOptions): void {
  if (data === undefined || !process.env["AWS_ENDPOINT_URL"]) return;
  throw new SandboxError(
    "BAD_CONFIGURATION",
    "--data uses the sandbox's own Secrets Manager, but AWS_ENDPOINT_URL names another one: unset it, or start without --data.",
  );
}

function apiOptions(
  stage: Stage,
  { directory, isKept, kept }: StartFolder,
): Parameters<typeof startTenantManagement>[0] {
  const file = path.join(directory, `tenant-management-${stage}.json`);
  return { stage, port: kept.ports[stage], quota: 200, ...(isKept ? { keptIn: file } : {}) };
}

/** The credentials for a Secrets Manager of the person who starts it. */
function awsCredentials(): Record<string, string> {
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"];
  const given = process.env["AWS_ENDPOINT_URL"] ? names : [];
  return Object.fromEntries(
    given.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Creates the worker's home, with the engine's plugins. */
async function makeHome(directory: string, pluginsFolder: string | undefined): Promise<string> {
  const home = path.join(directory, "home");
  await Promise.all([home, path.join(directory, "state"), path.join(directory, "work")].map(makeFolder));
  const plugins = path.join(home, "plugins");
  if (pluginsFolder === undefined) await makeFolder(plugins);
  else
    await symlink(pluginsFolder, plugins, "dir").catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  return home;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}

/** Logs each approver in once, so that the service knows whom to send mail to. */
async function introduce(url: string, tokenUrl: string, accounts: readonly Account[]): Promise<void> {
  const deciding = accounts.filter(({ roles }) => roles.some((role) => role !== "requester"));
  for (const { username, password } of deciding)
    await (await ApiClient.of(url, tokenUrl, username, password)).expect(200, "GET", "/me");
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const isReady = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
    if (performance.now() > deadline)
      throw new SandboxError("NOT_ANSWERING", `the service did not answer at ${url} within 90 s`);
    await delay(100);
  }
}
