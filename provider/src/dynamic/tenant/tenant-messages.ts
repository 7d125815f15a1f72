import { sameMembers } from "../../client/as-asked";
import { TenantManagementError } from "../../client/errors";
import type { UrlRefusal } from "../../client/hosts";
import type { ApiTenant } from "../../client/schemas";
import type { Properties } from "../engine/inputs";
import { PartlyMadeError } from "../engine/report";
import { wayToRename } from "../run/held-objects";
import { refusedHosts } from "../run/refused-hosts";
import { refusal, type State } from "./tenant-model";

/** Reports that a tenant has another name, which the state then contains: a change of name is a replacement. */
export function otherName(found: ApiTenant, outs: Properties, news: Properties): PartlyMadeError {
  return new PartlyMadeError(
    found.tenantId,
    { ...outs, __provider: news["__provider"] },
    refusal(
      `Tenant ${found.tenantId} is named "${found.name}" at the vendor, not "${String(news["name"])}".`,
    ),
    "Check it at the vendor: it may belong to another customer. To have it deleted and created again, set allowReplace: true on the Tenant in your own program, and run `pulumi up` again; to remove it from the state only, run `pulumi state delete`",
  );
}

export function replacementRefused(
  state: State,
  replaces: string[],
  news: Properties,
): TenantManagementError {
  return refusal(
    `A change of ${replaces.join(", ")} would replace tenant "${state.name}" (${state.tenantId}): the vendor has no update operation, ` +
      "and deleting the tenant destroys everything the customer has in it. Nothing was changed. Alternatives: " +
      `restore ${replaces.map((property) => describeOld(property, state)).join(", ")}; ` +
      (replaces.includes("cells")
        ? `remove uiCells (\`cells\`) and ask the vendor to change the cells, then run \`pulumi refresh\`; `
        : "") +
      (replaces.includes("name") ? `add another customer named ${String(news["name"])}; ` : "") +
      "or, if its data may be deleted: with tenants:customers, remove the entry, run `pulumi up`, and add it again; in your own program, set allowReplace: true on the Tenant.",
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
      wayToRename,
  );
}

/** Reports that a recovered tenant has links that may not be used; the caller checks the response to a create. */
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
      `That changes nothing. To accept them, write: uiCells: [${found.cells.join(", ")}]`,
  );
}

export function warnOfMissingLinks(made: ApiTenant): void {
  const missing = made.cells.filter((cell) => !(cell in made.webUiUrls));
  if (missing.length === 0) return;
  console.warn(
    `warning: the API returned no Web UI link for tenant "${made.name}" (${made.tenantId}) in ${missing.join(", ")}; webUiUrls omits it. ` +
      "Run `pulumi refresh` later, or ask the vendor.",
  );
}
