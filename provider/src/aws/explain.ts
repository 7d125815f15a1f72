import { shownUrl } from "../client/hosts";
import { messageOf } from "../client/text";
import type { AwsAccess, AwsService } from "./access";

/** How AWS was called. */
export interface AwsCall {
  access: AwsAccess;
  service: AwsService;
  /** The region of the call, if it is not the run's. */
  region?: string | undefined;
}

/** The services' names in messages. */
const names: Readonly<Record<AwsService, string>> = {
  secretsmanager: "Secrets Manager",
  kms: "KMS",
  s3: "S3",
  logs: "CloudWatch Logs",
  sts: "STS",
};

/**
 * The errors that were explained already: an error of STS also passes through the client that needs its credentials.
 */
const explained = new WeakSet<Error>();

/**
 * Adds to the message of an AWS call's error how AWS was called, and what to do if that is the cause. The
 * error's name is preserved.
 */
export function explainAwsError(error: unknown, call: AwsCall): unknown {
  if (!(error instanceof Error) || explained.has(error)) return error;
  explained.add(error);
  const said = error.message.trim() === "" ? error.name : error.message.trim().replace(/\.$/, "");
  const remedy = remedyFor(error, call);
  error.message = `${said} (${describeAwsCall(call)})${remedy === undefined ? "" : `. ${remedy}`}`;
  return error;
}

/**
 * Describes in one line how AWS was called: `Secrets Manager, region eu-west-1, profile partner`. It contains
 * no credential.
 */
export function describeAwsCall({ access, service, region }: AwsCall): string {
  const { credentials, profile, webIdentity, roles, endpoints, proxies } = access;
  const asked = region ?? (service === "sts" ? access.stsRegion : undefined) ?? access.region;
  const endpoint = endpoints[service];
  const keySetting = access.areCredentialsOfEnvironment === true ? "AWS_ACCESS_KEY_ID" : "aws:accessKey";
  // STS is called for the credentials of a role with the previous identity.
  const assumed = [...(webIdentity === undefined ? [] : [webIdentity]), ...roles];
  const url = endpoint ?? (asked === undefined ? undefined : `https://${service}.${asked}.amazonaws.com`);
  const proxy = url === undefined || !URL.canParse(url) ? undefined : proxies.of(url);
  return [
    names[service],
    ...(asked === undefined ? [] : [`region ${asked}`]),
    ...(credentials === undefined ? [] : [`the key of ${keySetting}`]),
    ...(profile === undefined || credentials !== undefined ? [] : [`profile ${profile}`]),
    ...assumed.map(({ roleArn }) => `role ${roleArn}`),
    ...(endpoint === undefined ? [] : [`at ${shownUrl(endpoint)}`]),
    ...(proxy === undefined ? [] : [`by the proxy ${proxy.shown}`]),
  ].join(", ");
}

const logIn = (profile: string | undefined): string =>
  `Log in again (with SSO: aws sso login${profile === undefined ? "" : ` --profile ${profile}`}), or use other credentials for this run.`;

function remedyFor(error: Error, { access: { profile, endpoints }, service }: AwsCall): string | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const message = messageOf(error);
  if (/^Region is missing/.test(message))
    return "Set the region: pulumi config set aws:region <region>, or the environment variable AWS_REGION.";
  if (/sso/i.test(message) && /expired|invalid|refresh/i.test(message)) return logIn(profile);
  if (/^ExpiredToken|^TokenRefreshRequired|^RequestExpired/.test(error.name)) return logIn(profile);
  if (error.name === "CredentialsProviderError") {
    return profile === undefined
      ? "Give this run an AWS identity: aws:profile or AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of the machine."
      : `Check that the profile ${profile} is in ~/.aws/config or ~/.aws/credentials of the user who runs this (AWS_CONFIG_FILE), and that it is logged in (aws sso login --profile ${profile}).`;
  }
  if (service === "sts" && /AccessDenied/.test(error.name))
    return "Allow that identity to assume the role (sts:AssumeRole in its own policy), and the role to be assumed by it (trust policy, external id).";
  if (
    /^(?:UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch)/.test(error.name)
  )
    return "AWS does not know these credentials: check whose they are (aws sts get-caller-identity).";
  if (
    /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code) ||
    error.name === "TimeoutError"
  )
    return endpoints[service] === undefined
      ? "Check the network between this run and AWS (HTTPS_PROXY and NO_PROXY, a VPC endpoint), and the region."
      : "Check that the service is up at that endpoint (aws:endpoints, AWS_ENDPOINT_URL, `endpoint_url` of the profile), and can be reached from here.";
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code))
    return "If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE to the file of its certificate.";
  return undefined;
}
