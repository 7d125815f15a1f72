import { TenantManagementError } from "../../client/errors";
import type { UrlRefusal } from "../../client/hosts";
import { wayToRename } from "../run/held-objects";
import { refusedHosts } from "../run/refused-hosts";
import type { ObtainedApplication } from "./application-create";
import { wayToReplace } from "./lost-application";
import type { State } from "./tenant-application-model";

/** What to do with an application that was not created as requested. */
export const notToBeUsed = `Do not use it. ${wayToReplace}`;

export function heldTwice(applicationId: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} was adopted by another resource of this stack, so it was not deleted. ` +
      wayToRename,
  );
}

export function madeOtherwise(applicationId: string, state: State, differs: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} of tenant ${state.tenantId} was not created as requested: ${differs}.`,
  );
}

/** For a recovered application; the caller checks the response to a create. */
export function serversRefused(
  { applicationId, clientId }: ObtainedApplication,
  refusals: readonly UrlRefusal[],
): TenantManagementError {
  const { message } = refusedHosts(`Application ${applicationId} was found again`, refusals);
  return new TenantManagementError("ANSWER_INVALID", message, {
    made: { objectId: applicationId, clientId, refusals },
  });
}

export function secretNeverCame(applicationId: string, state: State): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} of tenant ${state.tenantId} was created, but its secret never arrived: it is unusable. ` +
      `${wayToReplace}.`,
  );
}
