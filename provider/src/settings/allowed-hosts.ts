import type { EnvironmentVariables } from "./own-process";

/** The environment variable that allows hosts beside the vendor's. */
const variable = "TENANTS_ALLOWED_HOSTS";

/**
 * Reads the hosts in `TENANTS_ALLOWED_HOSTS`, which are allowed in addition to the vendor's, separated by
 * commas: a host with its port, a host alone for any port, or `*.domain` for Web UI links. They come only
 * from the environment, so that editing a stack's file cannot redirect tokens.
 *
 * @param environment the environment of this run
 * @returns the entries, in lower case, sorted and without duplicates; empty if the variable is not set.
 * `readSettings` reports wrong ones.
 */
export function allowedHostsIn(environment: EnvironmentVariables): readonly string[] {
  const entries = (environment[variable] ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  return [...new Set(entries.filter((entry) => entry !== ""))].sort();
}

/**
 * Describes in one line the hosts beside the vendor's and AWS's own that this run may reach.
 *
 * @returns undefined if there are none
 */
export function describeAllowedHosts(
  allowedHosts: readonly string[],
  environment: EnvironmentVariables,
): string | undefined {
  const endpoints = Object.keys(environment).filter(
    (name) => name.startsWith("AWS_ENDPOINT_URL") && environment[name] !== "",
  );
  const parts = [
    ...(allowedHosts.length === 0
      ? []
      : [`Hosts that ${variable} allows besides the vendor's: ${allowedHosts.join(", ")}.`]),
    ...(endpoints.length === 0
      ? []
      : [`AWS calls follow ${endpoints.sort().join(", ")} from the environment.`]),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}
