import type {
  ConfigurationProblem,
  ProviderSettings,
  SettingsContext,
} from "pulumi-resistant-tenants/internal/settings";
import { readSettings, settingsKeys, settingsSchema } from "pulumi-resistant-tenants/internal/settings";
import { widestStage } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { defaultSecretPrefix } from "../secret/stored-secret";
import type { CustomerEntry, CustomerFiles } from "./customer-files";
import { tagValue } from "./customer-schema";
import { check, didYouMean, shown, unknownKey } from "./problems";
import { type CustomerConfiguration, fieldOf, readCustomers } from "./read-customers";
import { type RotationConfiguration, rotationSchema } from "./rotation";
import { contradictions, type SecretsConfiguration, secretsSchema } from "./secrets";

export type { ApplicationConfiguration, CustomerConfiguration } from "./read-customers";

/** The whole stack configuration of the namespace `tenants`. */
export interface StackConfiguration {
  settings: ProviderSettings;
  secretPrefix: string;
  /** How many tenants the organization may have. */
  quota: number;
  customers: CustomerConfiguration[];
}

/** What a configuration is read with, beside its own values. */
export interface ConfigurationContext extends SettingsContext {
  /** The stack's `aws:region`, if it has one. */
  awsRegion?: string | undefined;
  /** The keys of other namespaces, such as `aws:region`: a misspelt one of `tenants` is looked for among them. */
  otherKeys?: readonly string[];
  /** Reads the files that `customersFrom` stands for. */
  readFiles?: (pattern: string) => CustomerFiles;
  /** Says where an entry of `tenants:customers` stands: `Pulumi.prod.yaml line 412`; undefined where that is not known. */
  locate?: (index: number, name: unknown) => string | undefined;
}

/** The vendor's default quota of tenants, raised on request. */
const defaultQuota = 20;

const secretPrefixSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9/_+=.@-]{1,200}$/,
    "must be 1 to 200 characters that AWS allows in a secret's name: letters, digits and / _ + = . @ -",
  )
  .refine((prefix) => !prefix.startsWith("/") && !prefix.endsWith("/"), "must not begin or end with a slash");

const quotaSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number of tenants, 1 or more")
  .transform(Number)
  .default(defaultQuota);

/** The keys of the namespace that the program reads, beside those of the resources themselves. */
export const programSchema = z.object({
  owner: tagValue
    .optional()
    .describe("The default owner of customers: 1 to 256 characters that AWS allows in a tag."),
  customers: z
    .array(z.unknown(), { error: "must be a list of customers; write [] for none" })
    .describe("The customers, each as below; `[]` for none. Required unless `customersFrom` is given."),
  customersFrom: z
    .string()
    .trim()
    .min(1, "must be a pattern of files, such as customers/*.yaml")
    .optional()
    .describe(
      "More customers, from files: a pattern relative to `Pulumi.yaml`, such as `customers/*.yaml`. Each file contains one customer or a list, as below. `*` and `?` match characters of one name, `**` any folders. At most 5,000 files of 1 MB. Default: none.",
    ),
  rotation: rotationSchema
    .optional()
    .describe("Default rotation of all applications' credentials: as below, or `none`. Default: `none`."),
  secretPrefix: secretPrefixSchema
    .default(defaultSecretPrefix)
    .describe(
      "The first part of every secret's name: 1 to 200 letters, digits and `/ _ + = . @ -`, without a slash at either end. Default: `resistant-tenants`.",
    ),
  secrets: secretsSchema.optional().describe("How all customers' secrets are stored, as below."),
  quota: quotaSchema.describe(
    "How many tenants the vendor allows the organization; a preview warns about more customers. Default: `20`.",
  ),
});

const programKeys = Object.keys(programSchema.shape);
const knownKeys: readonly string[] = [...settingsKeys, ...programKeys];

/**
 * Reads and checks the stack configuration.
 *
 * @param values all values of the namespace `tenants`, by key without the namespace, as the engine gives them: text,
 *   and JSON where the file holds a list or an object
 * @returns the configuration, or everything that is wrong with it
 */
export function readConfiguration(
  values: ReadonlyMap<string, string>,
  context: ConfigurationContext = {},
): { configuration: StackConfiguration } | { problems: ConfigurationProblem[] } {
  const { awsRegion, otherKeys = [] } = context;
  const read = readSettings((key) => values.get(key), context);
  const problems = [
    ...unknownKeys(values),
    ...otherKeys.flatMap(wrongNamespace),
    ...("problems" in read ? read.problems : []),
    ...missingTokenUrl(values),
    ...placeholders(values),
  ];
  const { shape } = programSchema;
  const owner = check(shape.owner, values.get("owner"), "tenants:owner", problems);
  const secretPrefix = check(
    shape.secretPrefix,
    values.get("secretPrefix"),
    "tenants:secretPrefix",
    problems,
  );
  const quota = check(shape.quota, values.get("quota"), "tenants:quota", problems);
  // Without a stage that is right, the cells cannot be checked against it.
  const stage = settingsSchema.shape.stage.safeParse(values.get("stage")).data ?? widestStage;
  const secrets = readSecrets(values.get("secrets"), awsRegion, problems);
  const rotation = readRotation(values.get("rotation"), problems);
  const entries = readEntries(values, context, problems);
  const customers = readCustomers(entries, { stage, owner, rotation, secrets, awsRegion }, problems);
  if (problems.length > 0 || secretPrefix === undefined || quota === undefined || !("settings" in read))
    return { problems };
  return { configuration: { settings: read.settings, secretPrefix, quota, customers } };
}

/**
 * Reads the configuration that an earlier `up` recorded, for its customers. Nothing is sent by it: where it sent what, that
 * run has judged, by an environment of its own.
 *
 * @param recorded values of the namespace `tenants`, by key without the namespace
 */
export function readRecordedConfiguration(
  recorded: ReadonlyMap<string, string>,
  context: Pick<ConfigurationContext, "awsRegion">,
): Omit<StackConfiguration, "settings"> | undefined {
  const values = new Map(recorded);
  values.delete("apiUrl");
  values.set("tokenUrl", "https://eu.id.resistant.ai/");
  const read = readConfiguration(values, context);
  return "problems" in read ? undefined : read.configuration;
}

function unknownKeys(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  return [...values.keys()]
    .filter((key) => !knownKeys.includes(key))
    .map((key) => ({
      path: `tenants:${shown(key)}`,
      problem: `${unknownKey(key, knownKeys)} (pulumi config rm tenants:${shown(key)}). docs/configuration.md lists all keys`,
    }));
}

/** A key that is known here, in a namespace that nothing reads: `tenant:owner`, or `owner` alone. */
function wrongNamespace(key: string): ConfigurationProblem[] {
  const [namespace = "", name = ""] = key.split(":");
  const isOurs =
    knownKeys.includes(name) &&
    (namespace === "resistant-tenants" || didYouMean(namespace, ["tenants"]) !== "");
  return isOurs
    ? [{ path: key, problem: `is in the namespace ${namespace}, which nothing reads: write tenants:${name}` }]
    : [];
}

function missingTokenUrl(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  if (values.has("tokenUrl")) return [];
  return [
    {
      path: "tenants:tokenUrl",
      problem:
        "must be given: the token URL of the organization's authorization server, which the vendor gives for each stage",
    },
  ];
}

/** What `Pulumi.prod.yaml` holds until somebody has filled it in. */
const placeholder = /(?:^|[^a-z])your-|<[^>]*>|:123456789012:secret:.*organization-key-AbCdEf$/;

function placeholders(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  const names = ["apiUrl", "tokenUrl", "clientId", "privateKeySecretArn", "kmsKeyId", "journal"];
  return names
    .filter((name) => placeholder.test(values.get(name) ?? ""))
    .map((name) => ({
      path: `tenants:${name}`,
      problem: "holds the template's placeholder: write your own value (docs/getting-started.md)",
    }));
}

function readSecrets(
  json: string | undefined,
  awsRegion: string | undefined,
  problems: ConfigurationProblem[],
): SecretsConfiguration {
  if (json === undefined) return {};
  const path = "tenants:secrets";
  const secrets = check(secretsSchema, parseJson(json), path, problems) ?? {};
  problems.push(...contradictions(secrets, awsRegion, path));
  return secrets;
}

function readRotation(
  text: string | undefined,
  problems: ConfigurationProblem[],
): RotationConfiguration | undefined {
  // The engine gives text as it stands, and what is a map as JSON.
  const given = text === undefined ? undefined : (parseJson(text) ?? text);
  const rotation = check(programSchema.shape.rotation, given, "tenants:rotation", problems);
  return rotation === "none" ? undefined : rotation;
}

/** Gathers the customers of the stack's own file and of the files that `customersFrom` stands for. */
function readEntries(
  values: ReadonlyMap<string, string>,
  { readFiles, locate }: ConfigurationContext,
  problems: ConfigurationProblem[],
): CustomerEntry[] {
  const { shape } = programSchema;
  const pattern = check(shape.customersFrom, values.get("customersFrom"), "tenants:customersFrom", problems);
  const json = values.get("customers");
  const isGiven = json !== undefined || pattern === undefined;
  const given = json === undefined ? undefined : parseJson(json);
  const own = isGiven ? (check(shape.customers, given, "tenants:customers", problems) ?? []) : [];
  const entries = own.map((value, index) => ({
    value,
    path: `tenants:customers[${index}]`,
    at: () => {
      const where = locate?.(index, fieldOf(value, "name"));
      return [`customers[${index}]`, ...(where === undefined ? [] : [where])];
    },
  }));
  if (pattern === undefined || readFiles === undefined) return entries;
  const files = readFiles(pattern);
  problems.push(...files.problems);
  return [...entries, ...files.entries];
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
