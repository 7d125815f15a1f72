import {
  type ConfigurationProblem,
  type ProviderSettings,
  readSettings,
  type SettingsContext,
  settingsKeys,
  settingsSchema,
} from "pulumi-resistant-tenants/internal/settings";
import { defaultSecretPrefix, parseJson, widestStage } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { CustomerEntry, CustomerFiles } from "./customer-files";
import { tagValue } from "./customer-schema";
import { check, didYouMean, shown, unknownKey } from "./problems";
import { type CustomerConfiguration, fieldOf, readCustomers } from "./read-customers";
import { type RotationConfiguration, rotationSchema } from "./rotation";
import { contradictions, type SecretsConfiguration, secretsSchema } from "./secrets";

export { type ApplicationConfiguration, comparable, type CustomerConfiguration } from "./read-customers";
export { regionMissing } from "./secrets";

/** The whole stack configuration of the namespace `tenants`. */
export interface StackConfiguration {
  settings: ProviderSettings;
  secretPrefix: string;
  /** How many tenants the organization may have. */
  quota: number;
  customers: CustomerConfiguration[];
}

/** The context for reading a configuration, in addition to its values. */
export interface ConfigurationContext extends SettingsContext {
  /** The stack's `aws:region`, if it has one. */
  awsRegion?: string | undefined;
  /** The keys of other namespaces, such as `aws:region`: a misspelt key of `tenants` may be among them. */
  otherKeys?: readonly string[];
  /** Reads the files that match `customersFrom`. */
  readFiles?: (pattern: string) => CustomerFiles;
  /** Returns the place of an entry of `tenants:customers`: `Pulumi.prod.yaml line 412`; undefined if unknown. */
  locate?: (index: number, name: unknown) => string | undefined;
}

/** The vendor's default quota of tenants, raised on request. */
const defaultQuota = 20;

const secretPrefixSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9/_+=.@-]{1,200}$/,
    "must be 1 to 200 characters that AWS allows in secret names: letters, digits and / _ + = . @ -",
  )
  .refine((prefix) => !prefix.startsWith("/") && !prefix.endsWith("/"), "must not begin or end with a slash");

const quotaSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number of tenants, 1 or more")
  .transform(Number)
  .default(defaultQuota);

/** The keys of the namespace that the program reads, in addition to those of the resources. */
export const programSchema = z.object({
  owner: tagValue.optional().describe("The customers' default `owner`."),
  customers: z
    .array(z.unknown(), { error: "must be a list of customers; write [] for none" })
    .describe("The customers, unless `customersFrom` is given; `[]` for none."),
  customersFrom: z
    .string()
    .trim()
    .min(1, "must be a pattern of files, such as customers/*.yaml")
    .optional()
    .describe(
      "A pattern of files, relative to `Pulumi.yaml`, each with a customer or a list: `customers/*.yaml` (`**`: any folders). At most 5,000 files of 1 MB.",
    ),
  rotation: rotationSchema.optional().describe("The applications' default `rotation`. Default: `none`."),
  secretPrefix: secretPrefixSchema
    .default(defaultSecretPrefix)
    .describe(
      "Begins every secret's name: at most 200 letters, digits and `/_+=.@-`, no slash at either end. Default: `resistant-tenants`.",
    ),
  secrets: secretsSchema.optional().describe("The customers' default `secrets`."),
  quota: quotaSchema.describe("The vendor's limit of tenants: a preview warns above it. Default: `20`."),
});

const programKeys = Object.keys(programSchema.shape);
const knownKeys: readonly string[] = [...settingsKeys, ...programKeys];

/**
 * Reads and checks the stack configuration.
 *
 * @param values all values of the namespace `tenants`, by key without the namespace, as the engine passes
 * them: text, and JSON if the file contains a list or an object
 * @returns the configuration, or all of its problems
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
  // Without a valid stage, the cells cannot be checked against it.
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
 * Reads the configuration that an earlier `up` recorded, for its customers. Settings that concern none of them, such as
 * hosts and the journal, are not checked: nothing is sent, and the earlier run checked them by its own rules.
 *
 * @param recorded values of the namespace `tenants`, by key without the namespace
 */
export function readRecordedConfiguration(
  recorded: ReadonlyMap<string, string>,
  context: Pick<ConfigurationContext, "awsRegion">,
): Omit<StackConfiguration, "settings"> | undefined {
  const values = new Map(recorded);
  for (const key of settingsKeys) if (key !== "stage") values.delete(key);
  values.set("tokenUrl", "https://eu.id.resistant.ai/");
  const read = readConfiguration(values, context);
  return "problems" in read ? undefined : read.configuration;
}

function unknownKeys(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  return [...values.keys()]
    .filter((key) => !knownKeys.includes(key))
    .map((key) => ({
      path: `tenants:${shown(key)}`,
      problem: `${unknownKey(key, knownKeys)}. docs/configuration.md lists all keys`,
    }));
}

/** Reports a known key in a namespace that nothing reads: `tenant:owner`, or `owner` alone. */
function wrongNamespace(key: string): ConfigurationProblem[] {
  const [namespace = "", name = ""] = key.split(":");
  const isOurs =
    knownKeys.includes(name) &&
    (namespace === "resistant-tenants" || didYouMean(namespace, ["tenants"]) !== "");
  return isOurs
    ? [{ path: key, problem: `is in the namespace ${namespace}, which is not read: write tenants:${name}` }]
    : [];
}

function missingTokenUrl(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  if (values.has("tokenUrl")) return [];
  return [
    {
      path: "tenants:tokenUrl",
      problem:
        "must be given: the token URL of the organization's authorization server (from the vendor, for each stage)",
    },
  ];
}

/** Placeholders of the template `Pulumi.prod.yaml`. */
const placeholder = /(?:^|[^a-z])your-|<[^>]*>|:123456789012:secret:.*organization-key-AbCdEf$/;

function placeholders(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  const names = ["apiUrl", "tokenUrl", "clientId", "privateKeySecretArn", "kmsKeyId", "journal"];
  return names
    .filter((name) => placeholder.test(values.get(name) ?? ""))
    .map((name) => ({
      path: `tenants:${name}`,
      problem: "contains the template's placeholder: write your own value (docs/getting-started.md)",
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
  // The engine passes text as it is, and a map as JSON.
  const given = text === undefined ? undefined : (parseJson(text) ?? text);
  const rotation = check(programSchema.shape.rotation, given, "tenants:rotation", problems);
  return rotation === "none" ? undefined : rotation;
}

/** Collects the customers of the stack's own file and of the files that match `customersFrom`. */
function readEntries(
  values: ReadonlyMap<string, string>,
  { readFiles, locate }: ConfigurationContext,
  problems: ConfigurationProblem[],
): CustomerEntry[] {
  const { shape } = programSchema;
  const pattern = check(shape.customersFrom, values.get("customersFrom"), "tenants:customersFrom", problems);
  const json = values.get("customers");
  const isGiven = json !== undefined || !values.has("customersFrom");
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
