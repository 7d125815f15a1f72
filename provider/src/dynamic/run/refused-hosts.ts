import { TenantManagementError } from "../../client/errors";
import { type HostRules, type UrlRefusal, wayToAllow } from "../../client/hosts";

/**
 * Creates the error for URLs of an object that may not be used. The state and the secret stay as they are.
 *
 * @param what names the object: `Tenant "acme"`
 */
export function refusedHosts(what: string, refusals: readonly UrlRefusal[]): TenantManagementError {
  return new TenantManagementError(
    "ANSWER_INVALID",
    `${what}: the API's answer is refused: ${refusals.map(({ problem }) => problem).join("; ")}. None of it was used.`,
  );
}

/**
 * Refuses an object whose URLs may not be used.
 *
 * @param rules the hosts that this run allows
 * @throws {@link TenantManagementError} `ANSWER_INVALID` with the host to allow if it is correct
 */
export function assertHosts(what: string, refusals: readonly UrlRefusal[], rules: HostRules): void {
  if (refusals.length === 0) return;
  const { message } = refusedHosts(what, refusals);
  throw new TenantManagementError(
    "ANSWER_INVALID",
    `${message} Tell the vendor. ${wayToAllow(refusals, rules)}`.trim(),
  );
}

/** Describes how to continue with a created object whose URLs were refused. */
export function wayOn(refusals: readonly UrlRefusal[], rules: HostRules): string {
  const allow = wayToAllow(refusals, rules);
  return (
    "Those addresses are not stored anywhere, and it is not created again. Ask the vendor. " +
    (allow === "" ? "" : `${allow}. `) +
    "Then run `pulumi up` again, which completes it"
  );
}
