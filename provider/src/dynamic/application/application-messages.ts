import { TenantManagementError } from "../../client/errors";
import type { UrlRefusal } from "../../client/hosts";
import { refusedHosts } from "../run/refused-hosts";
import type { ObtainedApplication } from "./application-create";
import { wayToReplace } from "./lost-application";
import type { State } from "./tenant-application-model";

/** What to do with an application that is not as it was asked for, to end a sentence. */
export const notToBeUsed = `nobody is to use it as it is. ${wayToReplace}`;

export function heldTwice(applicationId: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} is adopted by another resource of this stack, so it was not deleted. ` +
      "A resource that was renamed keeps its application by `aliases`: add aliases: [{ name: <old resource name> }] to the new one's options, and remove `adopt`.",
  );
}

export function madeOtherwise(applicationId: string, state: State, differs: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} of tenant ${state.tenantId} is not as it was asked for: ${differs}.`,
  );
}

/** Of one that was found again: the answer to a create is looked at by whoever gets it. */
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
    `Application ${applicationId} of tenant ${state.tenantId} was made, and its secret never came: nobody can use it. ` +
      `${wayToReplace}.`,
  );
}
