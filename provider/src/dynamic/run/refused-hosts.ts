import { TenantManagementError } from "../../client/errors";
import { type HostRules, type UrlRefusal, wayToAllow } from "../../client/hosts";

/**
 * Makes an error of URLs that the API gave of an object, and that may not be used. What the state and the secret hold
 * stays as it is.
 *
 * @param what names the object: `Tenant "acme"`
 */
export function refusedHosts(what: string, refusals: readonly UrlRefusal[]): TenantManagementError {
  return new TenantManagementError(
    "ANSWER_INVALID",
    `${what}: the API says that ${refusals.map(({ problem }) => problem).join("; ")}. Nothing of it was taken over.`,
  );
}

/**
 * Refuses an object whose URLs may not be used.
 *
 * @param rules the hosts that this run allows
 * @throws {@link TenantManagementError} `ANSWER_INVALID` with the host to allow, where it is right
 */
export function assertHosts(what: string, refusals: readonly UrlRefusal[], rules: HostRules): void {
  if (refusals.length === 0) return;
  const { message } = refusedHosts(what, refusals);
  throw new TenantManagementError(
    "ANSWER_INVALID",
    `${message} Tell the vendor. ${wayToAllow(refusals, rules)}`.trim(),
  );
}

/** Tells how to go on with an object that was created and whose URLs were refused: the end of a sentence. */
export function wayOn(refusals: readonly UrlRefusal[], rules: HostRules): string {
  const allow = wayToAllow(refusals, rules);
  return (
    "nothing of those addresses is stored anywhere, and it is not created again. Ask the vendor. " +
    (allow === "" ? "" : `${allow}. `) +
    "Then run `pulumi up` again, which completes it"
  );
}
