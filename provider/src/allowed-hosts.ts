/** The environment variable that allows hosts beside the vendor's. */
const variable = "TENANTS_ALLOWED_HOSTS";

/**
 * Reads the hosts that `TENANTS_ALLOWED_HOSTS` allows beside the vendor's own, separated by commas: an exact host with
 * its port, a host alone for any port, or `*.domain` for Web UI links. They come from the environment alone: whoever
 * edits a stack's file does not choose where tokens go.
 *
 * @param environment the environment of this run
 * @returns the entries, in lower case, sorted and without repetition; none where the variable is not set
 */
export function allowedHostsIn(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const entries = (environment[variable] ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  return [...new Set(entries.filter((entry) => entry !== ""))].sort();
}
