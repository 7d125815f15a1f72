import path from "node:path";

import { z } from "zod";

import { type Stage, stages, stageTable } from "../client/cells";
import {
  type HostRules,
  problemOfAllowedHost,
  problemOfForm,
  refusalOfUrl,
  wayToAllow,
} from "../client/hosts";
import { awsProblems, type AwsValue } from "./aws-settings";
import { reasonSchema } from "./reason";

export { allowedHostsIn, describeAllowedHosts } from "./allowed-hosts";
export type { EnvironmentVariables } from "./environment";

/**
 * The stack configuration that the resources themselves read, in the namespace `tenants`. A stack's program may read
 * more keys there; this part of it is the same in every program.
 */

const notEmpty = z.string().trim().min(1, "must not be empty");

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

/** Tells whether a path that is relative leads to a file below the folder from which it starts. */
function staysInside(file: string): boolean {
  if (path.isAbsolute(file) || file.startsWith("s3://")) return true;
  const normal = path.posix.normalize(file.replaceAll("\\", "/"));
  return normal !== "." && normal !== "./" && !/^\.\.(?:\/|$)/.test(normal);
}

/** The keys below `tenants:` that the resources read. Each may be absent while nothing has to be sent. */
export const settingsSchema = z.object({
  stage: z
    .enum(stages, { error: `must be one of ${stages.join(", ")}` })
    .describe(
      "`testing` or `production`: determines the default `apiUrl` and the allowed cells. It never changes in a stack.",
    ),
  apiUrl: z
    .string()
    .optional()
    .describe(
      "Base URL of the Tenant Management API, `/v0` included, at the stage's host or one that `TENANTS_ALLOWED_HOSTS` allows; https only, except on loopback. Default: the stage's.",
    ),
  tokenUrl: z
    .string()
    .optional()
    .describe(
      "Token URL of the organization's authorization server, from the vendor; also the client assertion's `aud`. At a host below `id.resistant.ai` or one that `TENANTS_ALLOWED_HOSTS` allows; https only, except on loopback.",
    ),
  clientId: notEmpty
    .optional()
    .describe(
      "The organization's OAuth2 client. A preview does not need it. The environment variable `TENANTS_CLIENT_ID` overrides it.",
    ),
  keyId: notEmpty
    .optional()
    .describe(
      "`kid` header of the client assertion. The environment variable `TENANTS_KEY_ID` overrides it. Default: none is sent.",
    ),
  kmsKeyId: kmsKey
    .optional()
    .describe(
      "The AWS KMS key (RSA) that signs for the organization: id, ARN, alias or alias ARN. It never leaves KMS.",
    ),
  privateKeySecretArn: secretArn
    .optional()
    .describe("ARN of the Secrets Manager secret with the organization's private key (PEM, PKCS#8)."),
  journal: z
    .string()
    .regex(
      /^(?:s3:\/\/[a-z0-9.-]{3,63}(?:\/\S*)?|(?!s3:|\w+:\/\/).+)$/,
      "must be a file's path or s3://<bucket>/<prefix>",
    )
    .refine(staysInside, {
      error:
        "must stay inside the project: a path below its folder, an absolute path, or s3://<bucket>/<prefix>",
    })
    .optional()
    .describe(
      "Where each create and delete is recorded before it is sent: a file inside the project, an absolute path, or `s3://<bucket>/<prefix>`. Default: `Pulumi.<stack>.journal.jsonl` beside `Pulumi.yaml`.",
    ),
  journalDiskIsKept: flag
    .optional()
    .describe(
      "`true` if this CI runner's disk outlives the run and may store the journal. Otherwise a runner must store it in S3. `CI` or the CI system's own variable (Azure Pipelines: `TF_BUILD`) marks a runner. Default: `false`.",
    ),
  auditLogGroup: z
    .string()
    .regex(
      /^(?:arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:)?[A-Za-z0-9_./#-]{1,512}$/,
      "must be a log group's name or its ARN (arn:aws:logs:<region>:<account>:log-group:<name>)",
    )
    .optional()
    .describe(
      "An existing CloudWatch Logs log group (name or ARN) that gets a copy of each journal event. Default: none.",
    ),
  reason: reasonSchema
    .optional()
    .describe(
      "The reason recorded with each change, required in production: one line of 1 to 500 characters. The environment variable `TENANTS_REASON` overrides it.",
    ),
  replaceLostApplications: flag
    .optional()
    .describe(
      "`true` lets an `up` delete and create again an application whose secret was lost with the answer, or that was not created as requested. An application whose create was answered, but which the state lost, may be in use and is never deleted. Default: `false`.",
    ),
  privateKey: notEmpty
    .optional()
    .describe(
      "The organization's private key itself (PEM, PKCS#8), as a stack secret. The state contains it, encrypted.",
    ),
});

/** The names of those keys, without the namespace. */
export const settingsKeys = Object.keys(settingsSchema.shape) as Array<keyof typeof settingsSchema.shape>;

/** What the resources need to know, defaults filled in. */
export interface ProviderSettings extends Omit<z.output<typeof settingsSchema>, "stage" | "apiUrl"> {
  stage: Stage;
  /** Without a slash at its end. */
  apiUrl: string;
  /** The hosts that the environment allows beside the vendor's (`TENANTS_ALLOWED_HOSTS`). */
  allowedHosts: readonly string[];
}

/** One thing that is wrong with the configuration. */
export interface ConfigurationProblem {
  /** Where: `tenants:customers[0].name`, or `customers/acme.yaml[0].name`. */
  path: string;
  /** What is wrong, and what would be right. Never the value of a secret. */
  problem: string;
  /** The customer in whose entry it is. */
  customer?: ProblemCustomer;
}

/** The customer that a problem is about, as people look it up. */
export interface ProblemCustomer {
  /** Its name, where it has one. */
  name: string | undefined;
  /** Where its entry stands: `customers[57]`, `Pulumi.prod.yaml line 412`. */
  at: readonly string[];
  /** What is wrong within the entry: `cells[1]`; empty for the entry as a whole. */
  field: string;
}

/** What decides on the settings beside the namespace `tenants`. */
export interface SettingsContext {
  /** What the environment allows: see `allowedHostsIn`. Default: nothing. */
  allowedHosts?: readonly string[];
  /** Gives the values of the namespace `aws` of the stack's configuration. Default: there are none. */
  aws?: AwsValue;
}

/**
 * Reads the settings, and checks every host in them: a stack whose settings were read sends nothing elsewhere.
 *
 * @param get gives the value of a key of the namespace `tenants`, or undefined
 * @returns the settings, or everything that is wrong with them
 */
export function readSettings(
  get: (key: string) => string | undefined,
  { allowedHosts = [], aws = () => undefined }: SettingsContext = {},
): { settings: ProviderSettings } | { problems: ConfigurationProblem[] } {
  const parsed = settingsSchema.safeParse(
    Object.fromEntries(settingsKeys.flatMap((key) => (get(key) === undefined ? [] : [[key, get(key)]]))),
  );
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => ({
      path: `tenants:${issue.path.join(".")}`,
      problem: issue.message,
    })),
    ...hostProblems(get, allowedHosts, aws),
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

function hostProblems(
  get: (key: string) => string | undefined,
  allowedHosts: readonly string[],
  aws: AwsValue,
): ConfigurationProblem[] {
  const ofEntries = allowedHosts.flatMap((entry) => {
    const problem = problemOfAllowedHost(entry);
    return problem === undefined ? [] : [{ path: "TENANTS_ALLOWED_HOSTS (environment)", problem }];
  });
  const stage = settingsSchema.shape.stage.safeParse(get("stage")).data;
  const rules = stage === undefined ? undefined : { stage, allowedHosts };
  return [
    ...ofEntries,
    ...urlProblems("apiUrl", "api", get("apiUrl"), rules),
    ...urlProblems("tokenUrl", "token", get("tokenUrl"), rules),
    ...(rules === undefined ? [] : awsProblems(aws, rules)),
  ];
}

/** @param rules undefined where the stage is not known: then the form alone is judged */
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
  const refusal = refusalOfUrl(url, use, rules);
  if (refusal === undefined) return [];
  const own =
    key === "apiUrl"
      ? `Remove it for the vendor's (${stageTable[rules.stage].apiUrl})`
      : "Set the one that the vendor told you for this stage";
  return [
    {
      path,
      problem: [refusal.problem, own, wayToAllow([refusal], rules)].filter((part) => part !== "").join(". "),
    },
  ];
}

/** Writes problems as people read them: one a line, each with its path. */
export function describeProblems(problems: readonly ConfigurationProblem[]): string {
  const lines = problems.map((problem) => `  - ${describeProblem(problem)}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `The stack configuration has ${count}; nothing was changed:\n${lines.join("\n")}`;
}

/** Writes one problem: the customer first, where it is about one. */
export function describeProblem({ path, problem, customer }: ConfigurationProblem): string {
  if (customer === undefined) return `${path}: ${problem}`;
  const { name, at, field } = customer;
  const who = name === undefined ? at.join(", ") : `customer "${name}" (${at.join(", ")})`;
  return `${who}: ${field === "" ? "" : `${field}: `}${problem}`;
}
