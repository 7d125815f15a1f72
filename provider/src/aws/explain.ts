import { messageOf } from "../client/errors";
import { shownUrl } from "../client/hosts";
import type { AwsAccess, AwsService } from "./access";

/** How AWS was asked. */
export interface AwsCall {
  access: AwsAccess;
  service: AwsService;
  /** The region that was asked, where it is not that of the run. */
  region?: string | undefined;
}

/** What people call the services. */
const names: Readonly<Record<AwsService, string>> = {
  secretsmanager: "Secrets Manager",
  kms: "KMS",
  s3: "S3",
  logs: "CloudWatch Logs",
  sts: "STS",
};

/** The errors that were explained already: one of STS's passes through the client whose credentials it was to give. */
const explained = new WeakSet<Error>();

/**
 * Adds to the message of an error with which a call to AWS ended how AWS was asked, and what to do where that is the
 * cause. Its name, which tells what it is, stays.
 */
export function explainAwsError(error: unknown, call: AwsCall): unknown {
  if (!(error instanceof Error) || explained.has(error)) return error;
  explained.add(error);
  const said = error.message.trim() === "" ? error.name : error.message.trim().replace(/\.$/, "");
  const remedy = remedyFor(error, call);
  error.message = `${said} (${describeAwsCall(call)})${remedy === undefined ? "" : `. ${remedy}`}`;
  return error;
}

/** Tells in one line how AWS was asked: `Secrets Manager, region eu-west-1, profile partner`. No credential is in it. */
export function describeAwsCall({ access, service, region }: AwsCall): string {
  const { credentials, profile, webIdentity, roles, endpoints, proxies } = access;
  const asked = region ?? (service === "sts" ? access.stsRegion : undefined) ?? access.region;
  const endpoint = endpoints[service];
  // STS is asked for the credentials of a role by the identity before it.
  const assumed = [...(webIdentity === undefined ? [] : [webIdentity]), ...roles];
  const url = endpoint ?? (asked === undefined ? undefined : `https://${service}.${asked}.amazonaws.com`);
  const proxy = url === undefined || !URL.canParse(url) ? undefined : proxies.of(url);
  return [
    names[service],
    ...(asked === undefined ? [] : [`region ${asked}`]),
    ...(credentials === undefined ? [] : ["the key of aws:accessKey"]),
    ...(profile === undefined || credentials !== undefined ? [] : [`profile ${profile}`]),
    ...assumed.map(({ roleArn }) => `role ${roleArn}`),
    ...(endpoint === undefined ? [] : [`at ${shownUrl(endpoint)}`]),
    ...(proxy === undefined ? [] : [`by the proxy ${proxy.shown}`]),
  ].join(", ");
}

const logIn = (profile: string | undefined): string =>
  `Log in again (with SSO: aws sso login${profile === undefined ? "" : ` --profile ${profile}`}), or give this run other credentials.`;

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
      : `See that the profile ${profile} is in ~/.aws/config or ~/.aws/credentials of whoever runs this (AWS_CONFIG_FILE), and that it is logged in (aws sso login --profile ${profile}).`;
  }
  if (service === "sts" && /AccessDenied/.test(error.name))
    return "Let that identity assume the role (sts:AssumeRole, in its own policy), and the role be assumed by it (its trust policy, its external id).";
  if (
    /^(?:UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch)/.test(error.name)
  )
    return "AWS does not know these credentials: see whose they are (aws sts get-caller-identity).";
  if (
    /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code) ||
    error.name === "TimeoutError"
  )
    return endpoints[service] === undefined
      ? "See to the network between this run and AWS (HTTPS_PROXY and NO_PROXY, a VPC endpoint), and to the region."
      : "See that the service is up at that endpoint (aws:endpoints, AWS_ENDPOINT_URL), and that it is reached from here.";
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code))
    return "If a proxy looks into TLS, set NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE to the file of its certificate.";
  return undefined;
}
