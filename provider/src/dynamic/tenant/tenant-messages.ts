import { sameMembers } from "../../client/as-asked";
import { TenantManagementError } from "../../client/errors";
import type { UrlRefusal } from "../../client/hosts";
import type { ApiTenant } from "../../client/schemas";
import type { Properties } from "../engine/inputs";
import { PartlyMadeError } from "../engine/report";
import { refusedHosts } from "../run/refused-hosts";
import { refusal, type State } from "./tenant-model";

/** Says that a tenant has another name, under which the state then holds it: a change of name is a replacement. */
export function otherName(found: ApiTenant, outs: Properties, news: Properties): PartlyMadeError {
  return new PartlyMadeError(
    found.tenantId,
    { ...outs, __provider: news["__provider"] },
    refusal(
      `Tenant ${found.tenantId} is named "${found.name}" at the vendor, not "${String(news["name"])}".`,
    ),
    "look at it at the vendor, for it may be another customer's. To have it deleted and created again, in a program of your own, set allowReplace: true on the Tenant, and run `pulumi up` again; to forget it, run `pulumi state delete`",
  );
}

export function replacementRefused(
  state: State,
  replaces: string[],
  news: Properties,
): TenantManagementError {
  return refusal(
    `A change of ${replaces.join(", ")} would replace tenant "${state.name}" (${state.tenantId}): the vendor has no update operation, ` +
      "and deleting the tenant destroys all that the customer has in it. Nothing was changed. Ways out: " +
      `put ${replaces.map((property) => describeOld(property, state)).join(", ")} back; ` +
      (replaces.includes("cells")
        ? `leave out uiCells (\`cells\`) and ask the vendor to change the cells, then run \`pulumi refresh\`; `
        : "") +
      (replaces.includes("name")
        ? `add a customer of the name ${String(news["name"])} beside this one; `
        : "") +
      "or, if its data may go: with tenants:customers, remove the entry, run `pulumi up`, and add it again; in a program of your own, set allowReplace: true on the Tenant.",
  );
}

function describeOld(property: string, state: State): string {
  if (property === "name") return `name: ${state.name}`;
  if (property === "cells") return `cells: [${state.cells.join(", ")}]`;
  return `adopt: ${state.tenantId} (or none)`;
}

export function heldTwice(state: State): TenantManagementError {
  return refusal(
    `Tenant "${state.name}" (${state.tenantId}) is declared by another resource of this stack, so it was not deleted. ` +
      "A resource that was renamed keeps its tenant by `aliases`: add aliases: [{ name: <old resource name> }] to the new one's options, and remove `adopt`.",
  );
}

/** Says that a tenant that was found again has links that may not be used: the answer to a create is looked at by whoever gets it. */
export function linksRefused(made: ApiTenant, refusals: readonly UrlRefusal[]): TenantManagementError {
  const { message } = refusedHosts(`Tenant "${made.name}" was found again`, refusals);
  return new TenantManagementError("ANSWER_INVALID", message, {
    made: { objectId: made.tenantId, refusals },
  });
}

export function reportDrift(found: ApiTenant, expected: readonly string[]): void {
  if (sameMembers(found.cells, expected)) return;
  console.warn(
    `warning: tenant "${found.name}" (${found.tenantId}) has the cells ${found.cells.join(", ")} at the vendor, not ${expected.join(", ")}. ` +
      `Nothing is changed by that. To accept them, write: uiCells: [${found.cells.join(", ")}]`,
  );
}

export function warnOfMissingLinks(made: ApiTenant): void {
  const missing = made.cells.filter((cell) => !(cell in made.webUiUrls));
  if (missing.length === 0) return;
  console.warn(
    `warning: the API gives no Web UI link of tenant "${made.name}" (${made.tenantId}) for ${missing.join(", ")}; webUiUrls leaves it out. ` +
      "Run `pulumi refresh` later, or ask the vendor.",
  );
}
