import { TenantManagementError } from "../client/errors";

/**
 * Ensures that a success of AWS is AWS's: the SDK takes one without a body, such as a proxy's, for an answer in which
 * everything is missing.
 *
 * @param answered what AWS always sends
 * @param service its name, and that of its variable: `["Secrets Manager", "SECRETS_MANAGER"]`
 * @param what the request, in words: `list the secrets acme/*`
 * @throws {@link TenantManagementError} `NOT_THE_API` if it is missing
 */
export function ofAws<T>(
  answered: T | undefined,
  [service, variable]: readonly [string, string],
  what: string,
): T {
  if (answered !== undefined) return answered;
  throw new TenantManagementError(
    "NOT_THE_API",
    `The answer to ${what} was not that of AWS ${service}: it was a success, but lacks what AWS always sends. ` +
      `Check what answers in its place (a proxy, AWS_ENDPOINT_URL_${variable}, aws:endpoints, \`endpoint_url\` of the profile), then run the command again.`,
  );
}
