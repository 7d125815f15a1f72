import type { TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import type { AuthMethod } from "../../client/auth-methods";
import { hasKey } from "../../client/auth-methods";
import { TenantManagementError } from "../../client/errors";
import type { ApiApplication } from "../../client/schemas";

/** A create of an application that no state holds: its answer was lost, or the state was. */
export interface LostApplication {
  tenantId: string;
  cell: string;
  scopes: readonly string[];
  authMethod: AuthMethod;
  /** Whether something else is declared by now: then it is of no use, even where its key is ours. */
  isOtherwiseDeclared: boolean;
  /** Its id, where the record has the answer: then it may be the state that was lost, and the application in use. */
  answeredId: string | undefined;
  /** The resource's name, for the commands that a message gives. */
  slot: string;
  /** Tells of an application whether it is known not to be the lost one: older, a sibling's, or in the state. */
  isKnown: (applicationId: string) => boolean;
  /** Whether one that nobody can use may be deleted (`tenants:replaceLostApplications`). */
  mayDelete: boolean;
  /** Deletes it, on the record. */
  remove: (applicationId: string) => Promise<void>;
}

/** What to do about an application that nobody can use, but for the full stop. */
export const wayToReplace =
  "To have it deleted and made again, run `pulumi config set tenants:replaceLostApplications true`, and `pulumi up` again";

/** What was found. */
export type LostApplicationFinding =
  /** Nothing: the create did not happen, as far as the API tells. */
  | { kind: "none" }
  /** The lost application, which is as good as new: its key is ours. */
  | { kind: "recovered"; application: ApiApplication }
  /** There was one, of no use to anybody; it was deleted. */
  | { kind: "deleted"; applicationId: string };

/**
 * Looks for an application whose create may have happened, and decides what becomes of it.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID`, with the ids and the next command, where it is not ours to decide
 */
export async function settleLostApplication(
  api: TenantManagementApi,
  lost: LostApplication,
): Promise<LostApplicationFinding> {
  const candidates = (await lookFor(api, lost)).filter(
    ({ applicationId, cell, scopes }) =>
      cell === lost.cell && sameMembers(scopes, lost.scopes) && !lost.isKnown(applicationId),
  );
  const [candidate, ...others] = candidates;
  if (candidate === undefined) return { kind: "none" };
  if (others.length > 0) throw severalCandidates(lost, candidates, api);
  if (hasKey(lost.authMethod) && !lost.isOtherwiseDeclared)
    return { kind: "recovered", application: candidate };
  if (lost.answeredId !== undefined) throw perhapsInUse(lost, candidate, api);
  if (!lost.mayDelete) throw ofNoUse(lost, candidate, api);
  await lost.remove(candidate.applicationId);
  return { kind: "deleted", applicationId: candidate.applicationId };
}

/** By its id where that is known; else in the list, twice: whatever either shows is there. */
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
      `applications that could be it: ${list}. None was touched. Run \`pulumi up\` once more: what other resources find again is told apart then. If it says this again, find out which of them somebody uses, delete the others at the vendor, and run \`pulumi up\` again. \`npm run tenants -- reconcile\` names all that was left behind.`,
  );
}

function ofNoUse(
  lost: LostApplication,
  candidate: ApiApplication,
  api: TenantManagementApi,
): TenantManagementError {
  const why = hasKey(lost.authMethod)
    ? "and something else is declared for it by now"
    : "and with it its secret, for good";
  return new TenantManagementError(
    "INPUT_INVALID",
    `The answer to the create of application ${lost.slot} was lost, ${why}: application ${candidate.applicationId} ` +
      `(client ${candidate.clientId}, tenant ${lost.tenantId}, cell ${lost.cell}, stage ${api.stage}) exists, and nobody can use it. It was not touched. ` +
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
    `Application ${lost.slot} is on record as made, and the state does not hold it: ${applicationId} (client ${clientId}, tenant ${lost.tenantId}, ` +
      `cell ${lost.cell}, stage ${api.stage}). It was not touched. If the state was lost, or an older one was put back, somebody may use it, and its ${credential} ` +
      `lies in Secrets Manager. Adopt it: declare it as it was made, with adopt: { applicationId: ${applicationId}, secretArn: <ARN of its secret> } ` +
      "(`npm run tenants -- reconcile` prints the customer's whole entry). If the update that made it was killed before it was saved, nobody has its credentials: `npm run tenants -- reconcile` says so, " +
      "and `npm run tenants -- reconcile --fix` deletes it then. Run `pulumi up` again after that.",
  );
}
