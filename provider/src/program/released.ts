import * as pulumi from "@pulumi/pulumi";

import { nameOfUrn, releasedType, typeOfUrn } from "../names/resource-types";
import { ProvidedResource } from "./provided-resource";

/**
 * Takes the place of a resource in the state that the stack hands over. The engine forgets a resource without deleting
 * it only if an earlier update has written `retainOnDelete` into its state, and never a protected one. But a resource
 * that lists another in `aliases` takes over its entry in the same update, even if their types differ. This one does.
 * It stores only the object's id, and its own deletion deletes nothing.
 *
 * @example
 * ```ts
 * // In place of `new Tenant("acme", …)`: the stack forgets the tenant, and nothing is deleted.
 * new Released("urn:pulumi:prod::tenants::pulumi-nodejs:dynamic/resistant:Tenant::acme");
 * ```
 */
export class Released extends ProvidedResource {
  /**
   * Declares a resource as handed over.
   *
   * @param formerUrn the resource's URN, as the state has it, or had it before it was handed over
   */
  constructor(formerUrn: string, opts?: pulumi.CustomResourceOptions) {
    super(
      releasedType,
      "released",
      releasedName(formerUrn),
      { formerUrn, releasedAt: undefined, releasedBy: undefined },
      pulumi.mergeOptions(opts, { aliases: [formerUrn], retainOnDelete: true }),
    );
  }
}

/** Distinguishes resources with one name and several types: `acme/eu-1/default/SecretVersion`. */
function releasedName(formerUrn: string): string {
  return `${nameOfUrn(formerUrn)}/${typeOfUrn(formerUrn).split(":").at(-1) ?? ""}`;
}
