import { z } from "zod";

import { parseJson } from "../client/json";
import { type Proxies, readProxies } from "../client/proxies";
import type { AwsPatience } from "./patience";
import { endpointsOfProfile } from "./profile-endpoints";

/**
 * A run's access to AWS: as the stack's AWS provider has it, by the keys of the namespace `aws`, or else by
 * AWS's own configuration. Every part of the product that calls AWS uses it.
 */

/** A service of AWS, by the name of its key in `aws:endpoints`. */
export type AwsService = "secretsmanager" | "kms" | "s3" | "logs" | "sts";

/** The credentials of an AWS identity. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** When they expire; absent if never. */
  expiration?: Date;
}

/** A role that is assumed, as in `aws:assumeRoles`. */
export interface AssumedRole {
  roleArn: string;
  sessionName?: string | undefined;
  externalId?: string | undefined;
  /** How long the credentials of the role last, in seconds; default AWS's own, an hour. */
  durationSeconds?: number | undefined;
  policy?: string | undefined;
  policyArns?: readonly string[] | undefined;
  sourceIdentity?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  transitiveTagKeys?: readonly string[] | undefined;
}

/** A role that is assumed with a token of another identity provider (`aws:assumeRoleWithWebIdentity`). */
export interface WebIdentity extends AssumedRole {
  /** The token, or the file that contains it. */
  token: { text: string } | { file: string };
}

/** How AWS is reached. AWS's own configuration supplies what is absent. */
export interface AwsAccess {
  region?: string | undefined;
  /** The region of STS, which issues the credentials of a role; default: `region`. */
  stsRegion?: string | undefined;
  profile?: string | undefined;
  credentials?: AwsCredentials | undefined;
  /** Whether `credentials` are the environment's, and not those of `aws:accessKey`. */
  areCredentialsOfEnvironment?: boolean | undefined;
  webIdentity?: WebIdentity | undefined;
  /** The roles that are assumed in turn, each by the one before it. If empty, the first identity is used directly. */
  roles: readonly AssumedRole[];
  /** The URLs of services that are not at AWS's own. */
  endpoints: Readonly<Partial<Record<AwsService, string>>>;
  /** Whether a bucket is named in the path of a URL; default: where S3 is not at AWS's own URL. */
  s3UsePathStyle?: boolean | undefined;
  useFipsEndpoint?: boolean | undefined;
  useDualstackEndpoint?: boolean | undefined;
  proxies: Proxies;
  /** A file of certificates to trust in addition to this machine's (`AWS_CA_BUNDLE`). */
  caBundle?: string | undefined;
  patience?: AwsPatience | undefined;
  /** Settings of the AWS provider that are not supported here: calling AWS without them could reach another account. */
  notFollowed: readonly string[];
}

/** Returns the value of a key of the namespace `aws`, or undefined. */
type AwsValue = (key: string) => string | undefined;

/** The variables of a run's environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads how AWS is reached, from the stack's configuration and the environment.
 *
 * @param get returns the value of a key of the namespace `aws`, or undefined; default: no values
 * @throws TenantManagementError `INPUT_INVALID` if a proxy's URL is invalid
 */
export function readAwsAccess(environment: Environment, get: AwsValue = () => undefined): AwsAccess {
  const value = (key: string): string | undefined => notEmpty(get(key));
  const notFollowed: string[] = [];
  const [accessKeyId, secretAccessKey, sessionToken] = ["accessKey", "secretKey", "token"].map(value);
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    notFollowed.push("only one of aws:accessKey and aws:secretKey");
  for (const key of ["sharedConfigFiles", "sharedCredentialsFiles"])
    if (!isEmptyList(value(key))) notFollowed.push(`aws:${key}`);
  const parse = <T>(key: string, schema: z.ZodType<T>): T | undefined => {
    const text = value(key);
    if (text === undefined) return undefined;
    const { data } = schema.safeParse(parseJson(text));
    if (data === undefined) notFollowed.push(`aws:${key} in a form that cannot be read`);
    return data;
  };
  const endpoints = parse("endpoints", endpointsSchema) ?? {};
  const roles = parse("assumeRoles", z.array(roleSchema)) ?? [];
  const role = parse("assumeRole", roleSchema);
  const webIdentity = parse("assumeRoleWithWebIdentity", webIdentitySchema);
  const own = {
    credentials: toCredentials(accessKeyId, secretAccessKey, sessionToken),
    profile: value("profile"),
  };
  const isOwn = own.credentials !== undefined || own.profile !== undefined;
  return {
    region: value("region") ?? variableIn(environment, "AWS_REGION", "AWS_DEFAULT_REGION"),
    stsRegion: value("stsRegion"),
    ...(isOwn ? own : identityIn(environment)),
    ...(webIdentity === undefined ? {} : { webIdentity }),
    roles: role === undefined ? roles : [role, ...roles],
    endpoints: { ...endpointsIn(environment, own.profile), ...endpoints },
    s3UsePathStyle: parse("s3UsePathStyle", z.boolean()) ?? parse("s3ForcePathStyle", z.boolean()),
    useFipsEndpoint: parse("useFipsEndpoint", z.boolean()),
    useDualstackEndpoint: parse("useDualstackEndpoint", z.boolean()),
    proxies: readProxies(environment, {
      http: setting("httpProxy", value),
      https: setting("httpsProxy", value),
      noProxy: value("noProxy"),
    }),
    caBundle: value("customCaBundle") ?? notEmpty(environment["AWS_CA_BUNDLE"]),
    notFollowed,
  };
}

/** Returns the value of the first of some variables that is not empty. */
function variableIn(environment: Environment, ...names: string[]): string | undefined {
  return names.map((name) => notEmpty(environment[name])).find((text) => text !== undefined);
}

function toCredentials(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): AwsCredentials | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/**
 * Returns the identity that the environment chooses, in the order of the AWS provider's SDK. AWS's SDK for JavaScript
 * prefers a profile, even the default one, to a key or a token's file in the environment, and would act as another
 * identity than the provider.
 *
 * @see {@link https://github.com/aws/aws-sdk-go-v2/blob/main/config/resolve_credentials.go AWS SDK for Go, order of the
 *   sources}
 */
function identityIn(
  environment: Environment,
): Pick<AwsAccess, "credentials" | "areCredentialsOfEnvironment" | "webIdentity" | "profile"> {
  const variable = (...names: string[]): string | undefined => variableIn(environment, ...names);
  const credentials = toCredentials(
    variable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"),
    variable("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"),
    variable("AWS_SESSION_TOKEN"),
  );
  if (credentials !== undefined) return { credentials, areCredentialsOfEnvironment: true };
  const [file, roleArn] = [variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN")];
  if (file !== undefined && roleArn !== undefined)
    return { webIdentity: { roleArn, sessionName: variable("AWS_ROLE_SESSION_NAME"), token: { file } } };
  return { profile: variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE") };
}

function isEmptyList(text: string | undefined): boolean {
  if (text === undefined) return true;
  const list = parseJson(text);
  return list === null || (Array.isArray(list) && list.length === 0);
}

function setting(key: string, value: AwsValue): { name: string; value: string } | undefined {
  const text = value(key);
  return text === undefined ? undefined : { name: `aws:${key}`, value: text };
}

/** The names that the AWS provider gives to the services, in `aws:endpoints`. */
const serviceNames: Readonly<Record<string, AwsService>> = {
  secretsmanager: "secretsmanager",
  kms: "kms",
  s3: "s3",
  s3api: "s3",
  logs: "logs",
  cloudwatchlog: "logs",
  cloudwatchlogs: "logs",
  sts: "sts",
};

const endpointsSchema = z
  .array(z.record(z.string(), z.string().regex(/^(?:https?:\/\/\S+)?$/i)))
  .transform((list): Partial<Record<AwsService, string>> =>
    Object.fromEntries(
      list.flatMap((endpoints) =>
        Object.entries(endpoints).flatMap(([name, url]) => {
          const service = serviceNames[name.toLowerCase()];
          return service === undefined || url === "" ? [] : [[service, url] as const];
        }),
      ),
    ),
  );

/** @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html Service-specific endpoints} */
const endpointVariables: Readonly<Record<AwsService, string>> = {
  secretsmanager: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
  kms: "AWS_ENDPOINT_URL_KMS",
  s3: "AWS_ENDPOINT_URL_S3",
  logs: "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
  sts: "AWS_ENDPOINT_URL_STS",
};

function endpointsIn(
  environment: Environment,
  ownProfile: string | undefined,
): Partial<Record<AwsService, string>> {
  if (environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true") return {};
  const nameOf = (variable: string): string => variable.replace("AWS_ENDPOINT_URL_", "").toLowerCase();
  const ofProfile = endpointsOfProfile(
    environment,
    ownProfile ?? variableIn(environment, "AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    Object.values(endpointVariables).map(nameOf),
  );
  return Object.fromEntries(
    Object.entries(endpointVariables).flatMap(([service, variable]) => {
      const url = variableIn(environment, variable, "AWS_ENDPOINT_URL") ?? ofProfile.get(nameOf(variable));
      return url === undefined ? [] : [[service, url] as const];
    }),
  );
}

/** As Go writes a duration (`1h30m`), which the AWS provider reads. */
const duration = z
  .string()
  .regex(/^(?:\d+h)?(?:\d+m)?(?:\d+s)?$/)
  .transform((text) => {
    const part = (unit: string): number => Number(new RegExp(`(\\d+)${unit}`).exec(text)?.[1] ?? 0);
    return part("h") * 3600 + part("m") * 60 + part("s");
  });

const optional = z
  .string()
  .optional()
  .transform((text) => notEmpty(text));

const roleSchema = z
  .object({
    roleArn: z.string().min(1),
    sessionName: optional,
    externalId: optional,
    duration: duration.optional(),
    policy: optional,
    policyArns: z.array(z.string()).optional(),
    sourceIdentity: optional,
    tags: z.record(z.string(), z.string()).optional(),
    transitiveTagKeys: z.array(z.string()).optional(),
  })
  .transform(({ duration: durationSeconds, ...role }): AssumedRole => ({ ...role, durationSeconds }));

const webIdentitySchema = z
  .object({
    roleArn: z.string().min(1),
    sessionName: optional,
    duration: duration.optional(),
    policy: optional,
    policyArns: z.array(z.string()).optional(),
    webIdentityToken: optional,
    webIdentityTokenFile: optional,
  })
  .transform(
    (
      { webIdentityToken, webIdentityTokenFile, duration: durationSeconds, ...role },
      context,
    ): WebIdentity => {
      const base = { ...role, durationSeconds };
      if (webIdentityToken !== undefined) return { ...base, token: { text: webIdentityToken } };
      if (webIdentityTokenFile !== undefined) return { ...base, token: { file: webIdentityTokenFile } };
      context.addIssue({ code: "custom", message: "needs a token" });
      return z.NEVER;
    },
  );

function notEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}
