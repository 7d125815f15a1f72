import type { TenantManagementApi } from "pulumi-resistant-tenants/client";
import {
  type AuditLog,
  type Journal,
  openAuditLog,
  openJournalOf,
} from "pulumi-resistant-tenants/internal/journal";
import { connect, needsConfiguredKey } from "pulumi-resistant-tenants/internal/operator";
import { type Aws, readReach } from "pulumi-resistant-tenants/internal/reach";
import {
  allowedHostsIn,
  describeProblems,
  type EnvironmentVariables,
  type ProviderSettings,
  readSettings,
  settingsKeys,
} from "pulumi-resistant-tenants/internal/settings";
import {
  defaultSecretPrefix,
  secretNameOf,
  typedCommand,
} from "pulumi-resistant-tenants/internal/vocabulary";
import type { StackConfiguration } from "resistant-tenants-stacks/configuration";
import { z } from "zod";

import { projectFolderOf } from "./project-folder";
import { fullNameOf, type Pulumi, pulumiFor, sharingExports, type StackOptions } from "./pulumi";
import { readFormerNames } from "./state";

/** An open stack: its configuration, state and connections. */
export interface Stack {
  /** `organization/project/stack`. */
  name: string;
  settings: ProviderSettings;
  /** The environment variables of the caller. */
  environment: EnvironmentVariables;
  /**
   * Returns the values of the namespace `tenants`, by key without it, as its program gets them: text or JSON, decrypted,
   * without the private key. Secrets are decrypted at the first call.
   */
  values: () => Promise<ReadonlyMap<string, string>>;
  /** Returns one of them, and decrypts no other. */
  value: (key: string) => Promise<string | undefined>;
  /** The location of its state: `file://…`, `s3://…`, `https://…`. */
  backendUrl: string;
  /** The folder in which `pulumi` is run. */
  directory: string;
  /** Returns the value of a key of the namespace `tenants`; undefined if it is not set, or a secret. */
  configured(key: string): string | undefined;
  /** `aws:region`; undefined if only AWS's own configuration contains it. */
  awsRegion: string | undefined;
  /** Reaches AWS as the stack's AWS provider does. */
  aws: Aws;
  journal: Journal;
  /** Returns the stack's other names, from its state: it was renamed or moved. */
  formerNames: () => Promise<string[]>;
  /** The log group that also gets each event of the journal (`tenants:auditLogGroup`). */
  auditLog: AuditLog | undefined;
  pulumi: Pulumi;
  /** Writes a command of `tenants` as the user would type it for this stack. */
  typed(args: readonly string[]): string;
  /** Connects to the API with the organization's credentials, as the resources do. */
  connect(): Promise<TenantManagementApi>;
}

const configurationSchema = z.record(
  z.string(),
  z.object({ value: z.string().optional(), secret: z.boolean().default(false) }),
);
type Configuration = z.output<typeof configurationSchema>;

const privateKey = "tenants:privateKey";

/**
 * Opens the given or selected stack.
 *
 * @param environment the caller's environment variables: allowed hosts, the reason, AWS's own, …
 * @throws if `pulumi` fails, or the stack's configuration is wrong
 */
export async function openStack(options: StackOptions, environment: EnvironmentVariables): Promise<Stack> {
  const directory = projectFolderOf(options);
  const pulumi = sharingExports(options.pulumi ?? pulumiFor(options.stack, directory, environment));
  const chosen = [
    ...(options.stack === undefined ? [] : ["--stack", options.stack]),
    ...(options.cwd === undefined ? [] : ["--cwd", options.cwd]),
  ];
  const [name, configuration, backendUrl] = await Promise.all([
    fullNameOf(pulumi),
    pulumi.run(["config", "--json"]).then((json) => configurationSchema.parse(JSON.parse(json))),
    pulumi.runWithoutStack(["whoami", "--verbose", "--json"]).then(toBackendUrl),
  ]);
  let read: Promise<string[]> | undefined;
  const formerNames = (): Promise<string[]> => (read ??= readFormerNames(pulumi, name));
  let own: Promise<ReadonlyMap<string, string>> | undefined;
  const settings = await settingsOf(configuration, pulumi, environment);
  const awsValues = await valuesOf("aws:", configuration, pulumi);
  const reach = readReach(environment, (key) => awsValues.get(key));
  const { aws } = reach;
  return {
    name,
    settings,
    environment,
    values: () => (own ??= valuesOf("tenants:", configuration, pulumi)),
    value: (key) => valueOf(`tenants:${key}`, configuration, pulumi),
    backendUrl,
    directory,
    configured: (key) => configuration[`tenants:${key}`]?.value,
    awsRegion: awsValues.get("region"),
    aws,
    journal: openJournalOf({
      stack: name,
      location: settings.journal,
      directory,
      aws,
      formerNames,
    }),
    formerNames,
    auditLog: settings.auditLogGroup === undefined ? undefined : openAuditLog(settings.auditLogGroup, aws),
    pulumi,
    typed: (args) => typedCommand(["npm", "run", "tenants", "--", ...args, ...chosen]),
    connect: async () => {
      const needsKey = needsConfiguredKey(settings, environment);
      const withKey = needsKey ? await withConfiguredKey(settings, configuration, pulumi) : settings;
      return connect(withKey, reach, environment);
    },
  };
}

/**
 * Reads the configuration of a stack as its program does, including the files of `customersFrom`.
 *
 * @throws with all problems of the configuration
 */
export async function configurationOf({
  values,
  awsRegion,
  directory,
  environment,
}: Stack): Promise<StackConfiguration> {
  // The program's package is slow to load.
  const { readConfiguration } = await import("resistant-tenants-stacks/configuration");
  const { readCustomerFiles } = await import("resistant-tenants-stacks/customer-files");
  const { projectFolder } = await import("resistant-tenants-stacks/stack-file");
  const read = readConfiguration(await values(), {
    awsRegion,
    allowedHosts: allowedHostsIn(environment),
    readFiles: (pattern) => readCustomerFiles(pattern, projectFolder(directory)),
  });
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  return read.configuration;
}

/** Returns what the names of a stack's secrets begin with: `<secretPrefix>/<stage>/`. */
export async function startOfSecretNames({
  settings,
  value,
}: Pick<Stack, "settings" | "value">): Promise<string> {
  return secretNameOf((await value("secretPrefix")) ?? defaultSecretPrefix, settings.stage, "");
}

function toBackendUrl(json: string): string {
  return z.object({ url: z.string() }).parse(JSON.parse(json)).url;
}

/** Reads the keys of the resources. Secrets are decrypted one at a time, and the private key not yet. */
async function settingsOf(
  configuration: Configuration,
  pulumi: Pulumi,
  environment: EnvironmentVariables,
): Promise<ProviderSettings> {
  const values = new Map<string, string>();
  for (const key of settingsKeys) {
    const entry = configuration[`tenants:${key}`];
    if (entry === undefined || (entry.secret && key === "privateKey")) continue;
    const value = entry.secret ? await decrypted(`tenants:${key}`, pulumi) : entry.value;
    if (value !== undefined) values.set(key, value);
  }
  const read = readSettings((key) => values.get(key), {
    allowedHosts: allowedHostsIn(environment),
    aws: (key) => configuration[`aws:${key}`]?.value,
  });
  if ("problems" in read) throw new Error(describeProblems(read.problems));
  return read.settings;
}

/** Reads the keys of a namespace, by name without it. Only the private key stays encrypted. */
async function valuesOf(
  namespace: string,
  configuration: Configuration,
  pulumi: Pulumi,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const key of Object.keys(configuration)) {
    if (!key.startsWith(namespace) || key === privateKey) continue;
    const plain = await valueOf(key, configuration, pulumi);
    if (plain !== undefined) values.set(key.slice(namespace.length), plain);
  }
  return values;
}

async function valueOf(
  key: string,
  configuration: Configuration,
  pulumi: Pulumi,
): Promise<string | undefined> {
  const { value, secret = false } = configuration[key] ?? {};
  return secret ? decrypted(key, pulumi) : value;
}

async function withConfiguredKey(
  settings: ProviderSettings,
  configuration: Configuration,
  pulumi: Pulumi,
): Promise<ProviderSettings> {
  if (configuration[privateKey]?.secret !== true) return settings;
  return { ...settings, privateKey: await decrypted(privateKey, pulumi) };
}

async function decrypted(key: string, pulumi: Pulumi): Promise<string> {
  return (await pulumi.run(["config", "get", key])).replace(/\r?\n$/, "");
}
