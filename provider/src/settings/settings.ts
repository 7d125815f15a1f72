import path from "node:path";

import { z } from "zod";

import { type Stage, stages, stageTable } from "../client/cells";
import {
  type HostRules,
  problemOfAllowedHost,
  problemOfForm,
  refusalOfUrl,
  shownUrl,
  type ToAllow,
  type UrlRefusal,
  wayToAllow,
} from "../client/hosts";
import { visible } from "../client/public-key";
import { looksLikeCredential } from "../client/redaction";
import { printable } from "../client/text";
import { awsProblems, type AwsValue } from "./aws-settings";
import type { ConfigurationProblem } from "./problem";
import { reasonSchema } from "./reason";

export { allowedHostsIn, describeAllowedHosts } from "./allowed-hosts";
export type { EnvironmentVariables } from "./own-process";
export { type ConfigurationProblem, describeProblem, describeProblems } from "./problem";

/**
 * The stack configuration that the resources themselves read, in the namespace `tenants`. A stack's program may read
 * more keys there; this part of it is the same in every program.
 */

const notEmpty = z.string().trim().min(1, "must not be empty");
const identifier = notEmpty.regex(visible, "contains control characters or invisible ones");

/** ARN of a secret in Secrets Manager. */
export const secretArn = z
  .string({ error: "must be the ARN of a Secrets Manager secret" })
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,519}$/,
    "must be the ARN of a Secrets Manager secret (arn:aws:secretsmanager:<region>:<account>:secret:<name>)",
  );

const keyIdInKms = "(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})";
const aliasInKms = "alias/[A-Za-z0-9/_-]{1,250}";

/** A key in AWS KMS: its id or ARN, or an alias or its ARN. */
export const kmsKey = z
  .string()
  .regex(
    new RegExp(
      `^(?:${keyIdInKms}|${aliasInKms}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\\d{12}:(?:key/${keyIdInKms}|${aliasInKms}))$`,
    ),
    "must be a KMS key: its id, its ARN (arn:aws:kms:<region>:<account>:key/<id>), alias/<name> or the alias's ARN",
  );

const flag = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((text) => text === "true");

/** Returns whether a relative path leads to a file below its starting folder. No shell expands `~` or a variable in it. */
function staysInside(file: string): boolean {
  if (/^[~$%]/.test(file)) return false;
  if (path.isAbsolute(file) || file.startsWith("s3://")) return true;
  const normal = path.posix.normalize(file.replaceAll("\\", "/"));
  return normal !== "." && normal !== "./" && !/^\.\.(?:\/|$)/.test(normal);
}

/** The keys below `tenants:` that the resources read. Each may be absent as long as nothing is sent. */
export const settingsSchema = z.object({
  stage: z
    .enum(stages, { error: `must be one of ${stages.join(", ")}` })
    .describe("`testing` or `production`. Never changes in a stack."),
  apiUrl: z
    .string()
    .optional()
    .describe("Base URL of the Tenant Management API, with `/v0`. Default: the stage's."),
  tokenUrl: z
    .string()
    .optional()
    .describe("Token URL of the organization's authorization server; the assertion's `aud`."),
  clientId: identifier.optional().describe("The organization's OAuth2 client."),
  keyId: identifier.optional().describe("`kid` of the assertion. Default: not sent."),
  kmsKeyId: kmsKey.optional().describe("The AWS KMS key (RSA) that signs: id, ARN, alias or alias ARN."),
  privateKeySecretArn: secretArn
    .optional()
    .describe("ARN of the secret with the organization's private key (PEM, PKCS#8)."),
  journal: z
    .string()
    .regex(
      // A query or a fragment would cut off the name of the stack, which is appended.
      /^(?:s3:\/\/[a-z0-9.-]{3,63}(?:\/[^\s?#]*)?|(?!s3:|\w+:\/\/).+)$/,
      "must be a file's path or s3://<bucket>/<prefix>",
    )
    .refine((place) => place.startsWith("s3://") || /[^/\\\s]$/.test(place), {
      error: "must end with the name of a file",
      abort: true,
    })
    .refine(staysInside, {
      error:
        "must stay inside the project: a path below its folder, an absolute path, or s3://<bucket>/<prefix>",
    })
    .optional()
    .describe(
      "A file inside the project, an absolute path, or `s3://<bucket>/<prefix>`. Default: `Pulumi.<stack>.journal.jsonl` beside `Pulumi.yaml`.",
    ),
  journalDiskIsKept: flag
    .optional()
    .describe(
      "`true`: a CI runner's disk, which must outlive the run, may store the journal. Default: `false`.",
    ),
  auditLogGroup: z
    .string()
    .regex(
      // AWS shows an ARN with `:*` at its end.
      /^(?:[A-Za-z0-9_./#-]{1,512}|arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[A-Za-z0-9_./#-]{1,512}(?::\*)?)$/,
      "must be a log group's name or its ARN (arn:aws:logs:<region>:<account>:log-group:<name>)",
    )
    .optional()
    .describe("A CloudWatch Logs log group (name or ARN) for a copy of the journal."),
  reason: reasonSchema
    .optional()
    .describe("Recorded with each change; required in production. One line of at most 500 characters."),
  replaceLostApplications: flag
    .optional()
    .describe(
      "`true`: an `up` replaces an application whose secret was lost with the answer, or that was not created as requested, but never one whose create was answered. Default: an `up` deletes none, but `tenants fleet up` deletes what is of no use. `false`: `fleet up` deletes none either.",
    ),
  privateKey: notEmpty
    .optional()
    .describe("The organization's private key (PEM, PKCS#8), as a stack secret."),
});

/** The names of those keys, without the namespace. */
export const settingsKeys = Object.keys(settingsSchema.shape) as Array<keyof typeof settingsSchema.shape>;

/** The settings of the resources, with defaults. */
export interface ProviderSettings extends Omit<z.output<typeof settingsSchema>, "stage" | "apiUrl"> {
  stage: Stage;
  /** Without a final slash. */
  apiUrl: string;
  /** The hosts that the environment allows beside the vendor's (`TENANTS_ALLOWED_HOSTS`). */
  allowedHosts: readonly string[];
}

/** What settings depend on besides the namespace `tenants`. */
export interface SettingsContext {
  /** What the environment allows: see `allowedHostsIn`. Default: nothing. */
  allowedHosts?: readonly string[];
  /** Returns the values of the namespace `aws` of the stack's configuration. Default: no values. */
  aws?: AwsValue;
  /** How to allow a host that is refused. Default: in the environment. */
  toAllow?: ToAllow;
}

/**
 * Reads the settings, and checks every host in them: a stack whose settings were read sends nothing elsewhere.
 *
 * @param get gives the value of a key of the namespace `tenants`, or undefined
 * @returns the settings, or everything that is wrong with them
 */
export function readSettings(
  get: (key: string) => string | undefined,
  { allowedHosts = [], aws = () => undefined, toAllow }: SettingsContext = {},
): { settings: ProviderSettings } | { problems: ConfigurationProblem[] } {
  const parsed = settingsSchema.safeParse(
    Object.fromEntries(settingsKeys.flatMap((key) => (get(key) === undefined ? [] : [[key, get(key)]]))),
  );
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => ({
      path: `tenants:${issue.path.join(".")}`,
      problem: `${shownValue(issue.path.join("."), get)}${issue.message}`,
    })),
    ...hostProblems(get, { allowedHosts, toAllow }, aws),
  ];
  if (!parsed.success || problems.length > 0) return { problems };
  const { stage, apiUrl } = parsed.data;
  return {
    settings: {
      ...parsed.data,
      stage,
      apiUrl: (apiUrl ?? stageTable[stage].apiUrl).replace(/\/+$/, ""),
      allowedHosts,
    },
  };
}

/** The longest value that a message repeats, in characters. */
const longestShown = 60;

/** Keys whose value a message never repeats: a credential may have been put there by mistake. */
const neverShown = ["privateKey", "privateKeySecretArn"];

/** Writes a key's value for the start of a message; empty if it may not be shown. A pasted file may hold anything. */
function shownValue(key: string, get: (key: string) => string | undefined): string {
  const value = get(key) ?? "";
  if (value === "" || neverShown.includes(key) || !visible.test(value) || looksLikeCredential(value))
    return "";
  const safe = printable(value);
  return safe.length > longestShown ? `"${safe.slice(0, longestShown)}…" ` : `"${safe}" `;
}

function hostProblems(
  get: (key: string) => string | undefined,
  allowing: Omit<HostRules, "stage">,
  aws: AwsValue,
): ConfigurationProblem[] {
  const ofEntries = allowing.allowedHosts.flatMap((entry) => {
    const problem = problemOfAllowedHost(entry);
    return problem === undefined ? [] : [{ path: "TENANTS_ALLOWED_HOSTS (environment)", problem }];
  });
  const stage = settingsSchema.shape.stage.safeParse(get("stage")).data;
  const rules = stage === undefined ? undefined : { stage, ...allowing };
  return [
    ...ofEntries,
    ...urlProblems("apiUrl", "api", get("apiUrl"), rules),
    ...urlProblems("tokenUrl", "token", get("tokenUrl"), rules),
    ...(rules === undefined ? [] : awsProblems(aws, rules)),
  ];
}

/** Without the API's version, every request is answered 404. */
function versionRefusal(apiUrl: string): UrlRefusal | undefined {
  const hasVersion = /^(?:\/[^/]+)*\/v0\/*$/.test(new URL(apiUrl).pathname);
  return hasVersion ? undefined : { problem: `is "${shownUrl(apiUrl)}"; it must end with /v0` };
}

/** @param rules undefined if the stage is unknown: then only the form is checked */
function urlProblems(
  key: "apiUrl" | "tokenUrl",
  use: "api" | "token",
  url: string | undefined,
  rules: HostRules | undefined,
): ConfigurationProblem[] {
  if (url === undefined) return [];
  const path = `tenants:${key}`;
  if (rules === undefined) {
    const problem = problemOfForm(url);
    return problem === undefined ? [] : [{ path, problem }];
  }
  const refusal = refusalOfUrl(url, use, rules) ?? (key === "apiUrl" ? versionRefusal(url) : undefined);
  if (refusal === undefined) return [];
  const own =
    key === "apiUrl"
      ? `Remove it to use the vendor's (${stageTable[rules.stage].apiUrl})`
      : "Set the vendor's URL for this stage";
  return [
    {
      path,
      problem: [refusal.problem, own, wayToAllow([refusal], rules)].filter((part) => part !== "").join(". "),
    },
  ];
}
