import type { TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import { type AuthMethod, hasKey } from "../../client/auth-methods";
import { TenantManagementError } from "../../client/errors";
import type { ApiApplication } from "../../client/schemas";

/** A create of an application that is in no state: its response or the state was lost. */
export interface LostApplication {
  tenantId: string;
  cell: string;
  scopes: readonly string[];
  authMethod: AuthMethod;
  /** Whether the declaration has changed since: then it is useless, even if its key is ours. */
  isOtherwiseDeclared: boolean;
  /** Its id, if the response is on record: then the state may have been lost, and the application be in use. */
  answeredId: string | undefined;
  /** The resource's name, for the commands in a message. */
  slot: string;
  /** Returns whether an application is certainly not the lost one: older, a sibling's, or in the state. */
  isKnown: (applicationId: string) => boolean;
  /**
   * Returns the slot of another create of the same kind that may have created an application just as well, and
   * whose answer was lost, too; undefined if there is none.
   */
  otherClaimOf: (applicationId: string) => string | undefined;
  /** Whether an application that no one can use may be deleted (`tenants:replaceLostApplications`). */
  mayDelete: boolean;
  /** Deletes it, and records that. */
  remove: (applicationId: string) => Promise<void>;
}

/** What to do about an application that no one can use, without the full stop. */
export const wayToReplace =
  "To have it deleted and created again, run `pulumi config set tenants:replaceLostApplications true`, then `pulumi up` again";

/** The result of the search. */
export type LostApplicationFinding =
  /** Nothing: the create did not happen, as far as the API shows. */
  | { kind: "none" }
  /** The lost application, which can be used: its key is ours. */
  | { kind: "recovered"; application: ApiApplication }
  /** A lost application that no one could use; it was deleted. */
  | { kind: "deleted"; applicationId: string };

/**
 * Looks for an application whose create may have happened, and decides what happens to it.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID`, with the ids and the next command, if a person must
 * decide
 */
export async function settleLostApplication(
  api: TenantManagementApi,
  lost: LostApplication,
): Promise<LostApplicationFinding> {
  const isAsAsked = ({ cell, scopes }: ApiApplication): boolean =>
    cell === lost.cell && sameMembers(scopes, lost.scopes);
  // One that was answered exists, even if it was created otherwise than requested.
  const candidates = (await lookFor(api, lost)).filter(
    (found) =>
      (found.applicationId === lost.answeredId || isAsAsked(found)) && !lost.isKnown(found.applicationId),
  );
  const [candidate, ...others] = candidates;
  if (candidate === undefined) return { kind: "none" };
  if (others.length > 0) throw severalCandidates(lost, candidates, api);
  const otherClaim = lost.otherClaimOf(candidate.applicationId);
  const isUsable = hasKey(lost.authMethod) && isAsAsked(candidate);
  if (isUsable && !lost.isOtherwiseDeclared && otherClaim === undefined)
    return { kind: "recovered", application: candidate };
  if (lost.answeredId !== undefined) throw perhapsInUse(lost, candidate, api);
  if (!lost.mayDelete) throw ofNoUse(lost, candidate, api, otherClaim);
  await lost.remove(candidate.applicationId);
  return { kind: "deleted", applicationId: candidate.applicationId };
}

/** Fetches it by its id if known; otherwise reads the list, twice: what either contains exists. */
async function lookFor(
  api: TenantManagementApi,
  { tenantId, answeredId }: LostApplication,
): Promise<ApiApplication[]> {
  if (answeredId !== undefined) {
    const found = await api.getApplication(tenantId, answeredId);
    return found === undefined ? [] : [found];
  }
  const seen = (await api.lookTwice(() => api.listApplications(tenantId))).flatMap((list) => list ?? []);
  return [...new Map(seen.map((application) => [application.applicationId, application])).values()];
}

function severalCandidates(
  lost: LostApplication,
  candidates: readonly ApiApplication[],
  api: TenantManagementApi,
): TenantManagementError {
  const list = candidates
    .map(({ applicationId, clientId }) => `${applicationId} (client ${clientId})`)
    .join(", ");
  return new TenantManagementError(
    "INPUT_INVALID",
    `The answer to the create of application ${lost.slot} was lost, and tenant ${lost.tenantId} (stage ${api.stage}) holds ${candidates.length} ` +
      `applications that may be it: ${list}. None was changed. Run \`pulumi up\` again: it excludes those that other resources have found. If this message returns, find out which of them are in use, delete the others at the vendor, and run \`pulumi up\` again. \`npm run tenants -- reconcile\` lists everything left behind.`,
  );
}

function ofNoUse(
  lost: LostApplication,
  candidate: ApiApplication,
  api: TenantManagementApi,
  otherClaim: string | undefined,
): TenantManagementError {
  const why = !hasKey(lost.authMethod)
    ? "and with it its secret"
    : lost.isOtherwiseDeclared
      ? "and its declaration has changed since"
      : `and so was that of ${otherClaim ?? ""}, which has the same cell and scopes`;
  return new TenantManagementError(
    "INPUT_INVALID",
    `The answer to the create of application ${lost.slot} was lost, ${why}: application ${candidate.applicationId} ` +
      `(client ${candidate.clientId}, tenant ${lost.tenantId}, cell ${lost.cell}, stage ${api.stage}) exists but is unusable. It was not changed. ` +
      `${wayToReplace}.`,
  );
}

function perhapsInUse(
  lost: LostApplication,
  { applicationId, clientId }: ApiApplication,
  api: TenantManagementApi,
): TenantManagementError {
  const credential = hasKey(lost.authMethod) ? "key" : "secret";
  return new TenantManagementError(
    "INPUT_INVALID",
    `The journal records that application ${lost.slot} was created, but the state does not contain it: ${applicationId} (client ${clientId}, tenant ${lost.tenantId}, ` +
      `cell ${lost.cell}, stage ${api.stage}). It was not changed. If the state was lost or replaced with an older one, the application may be in use, and its ${credential} ` +
      `is in Secrets Manager. Adopt it: declare it as it was created, with adopt: { applicationId: ${applicationId}, secretArn: <ARN of its secret> } ` +
      "(`npm run tenants -- reconcile` prints the customer's complete entry). If the update that created it was killed before it saved the credentials, it is unusable: `npm run tenants -- reconcile` reports that, " +
      "and `npm run tenants -- reconcile --fix` deletes it. Then run `pulumi up` again.",
  );
}
