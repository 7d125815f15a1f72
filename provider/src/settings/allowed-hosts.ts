import type { EnvironmentVariables } from "./environment";

/** The environment variable that allows hosts beside the vendor's. */
const variable = "TENANTS_ALLOWED_HOSTS";

/**
 * Reads the hosts that `TENANTS_ALLOWED_HOSTS` allows beside the vendor's own, separated by commas: an exact host with
 * its port, a host alone for any port, or `*.domain` for Web UI links. They come from the environment alone: whoever
 * edits a stack's file does not choose where tokens go.
 *
 * @param environment the environment of this run
 * @returns the entries, in lower case, sorted and without repetition; none where the variable is not set. What is wrong
 *   with one, `readSettings` tells.
 */
export function allowedHostsIn(environment: EnvironmentVariables): readonly string[] {
  const entries = (environment[variable] ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  return [...new Set(entries.filter((entry) => entry !== ""))].sort();
}

/**
 * Describes in one line the hosts beside the vendor's and AWS's own that this run may reach.
 *
 * @returns undefined where there are none
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
      : [`Hosts that ${variable} allows beside the vendor's: ${allowedHosts.join(", ")}.`]),
    ...(endpoints.length === 0
      ? []
      : [`AWS calls follow ${endpoints.sort().join(", ")} of the environment.`]),
  ];
  return parts.length === 0 ? undefined : parts.join(" ");
}
