import * as pulumi from "@pulumi/pulumi";

import type { Cell, Stage } from "../client/cells";
import { tenantType } from "../names/resource-types";
import { guardAdoption } from "./guards";
import { ProvidedResource } from "./provided-resource";
import { slotOf } from "./slot";

/** The inputs of a {@link Tenant}. */
export interface TenantArgs {
  /** The tenant's name, unique in the organization: `^[a-z0-9]{1,61}$`. A change is a replacement. */
  name: pulumi.Input<string>;
  /** The cells where the Web UI is reachable. If given, a change is a replacement. The order does not matter. */
  cells?: pulumi.Input<pulumi.Input<Cell>[]>;
  /** The same, used only when the tenant is created: a later change has no effect. The API's default is `["eu-1"]`. */
  initialCells?: pulumi.Input<pulumi.Input<Cell>[]>;
  /** The id of an existing tenant of that name, which is taken over instead of created. */
  adopt?: pulumi.Input<string>;
  /** Allows a change that replaces the tenant, which destroys everything the customer has in it. Default: false. */
  allowReplace?: pulumi.Input<boolean>;
  /**
   * Whether the tenant and its applications may be deleted in production. `active` (the default): they may not, also by
   * `pulumi destroy`. `deprecated`: an `up` records it with its reason and sends nothing; after that they may. This
   * project's own stacks take it from `tenants:customers` instead.
   */
  status?: pulumi.Input<"active" | "deprecated">;
}

/**
 * A tenant: one downstream customer's isolation boundary.
 *
 * There is no update operation: a change of `name`, or of `cells` if given, replaces the tenant. The old tenant is
 * deleted first, so the preview refuses it unless `allowReplace` is true.
 *
 * @example
 * ```ts
 * const tenant = new Tenant("acme", { name: "acme", initialCells: ["eu-1"] }, { protect: true });
 * export const webUi = tenant.webUiUrls.apply((urls) => urls["eu-1"]);
 * ```
 */
export class Tenant extends ProvidedResource {
  /**
   * The tenant's id, from the vendor.
   * @example `aQ3mZ8kT1xW`
   */
  declare readonly tenantId: pulumi.Output<string>;
  /**
   * Its name, as given.
   * @example `acme`
   */
  declare readonly name: pulumi.Output<string>;
  /**
   * The cells where the Web UI is reachable, according to the vendor.
   * @example `["eu-1"]`
   */
  declare readonly cells: pulumi.Output<Cell[]>;
  /**
   * The Web UI's https URL per cell; cells without a link in the API are omitted.
   * @example `{ "eu-1": "https://acme-partner.documents.resistant.ai" }`
   */
  declare readonly webUiUrls: pulumi.Output<Partial<Record<Cell, string>>>;
  /**
   * The claim value that lets a user of the partner's identity provider read.
   * @example `aQ3mZ8kT1xW_RO`
   */
  declare readonly readOnlyClaim: pulumi.Output<string>;
  /**
   * The same for reading and writing.
   * @example `aQ3mZ8kT1xW_RW`
   */
  declare readonly readWriteClaim: pulumi.Output<string>;
  /**
   * The vendor's environment, as in the stack's configuration.
   * @example `production`
   */
  declare readonly stage: pulumi.Output<Stage>;
  /**
   * When the vendor created it, in the vendor's format.
   * @example `2026-03-01T09:30:00.000Z`
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * When the vendor last changed it, in the vendor's format.
   * @example `2026-03-01T09:30:00.000Z`
   */
  declare readonly updatedAt: pulumi.Output<string>;
  /**
   * Who created or adopted it: the CI system's user, else `user@host`.
   * @example `jane@build-7`
   */
  declare readonly createdBy: pulumi.Output<string>;

  /**
   * Declares a tenant.
   *
   * @param name the resource's name in the stack
   */
  constructor(name: string, args: TenantArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      tenantType,
      "tenant",
      name,
      {
        ...outputs,
        ...guarded(name, args, opts),
        slot: slotOf(tenantType, name, "tenantId"),
      },
      opts,
    );
  }
}

const outputs = {
  tenantId: undefined,
  webUiUrls: undefined,
  readOnlyClaim: undefined,
  readWriteClaim: undefined,
  stage: undefined,
  createdAt: undefined,
  updatedAt: undefined,
  createdBy: undefined,
  cells: undefined,
};

/** Passes the inputs to the engine only after the guards. */
function guarded(name: string, args: TenantArgs, opts: pulumi.CustomResourceOptions | undefined): TenantArgs {
  const checked = guardAdoption(tenantType, name, args.adopt, opts);
  return { ...args, name: pulumi.all([args.name, checked]).apply(([tenantName]) => tenantName) };
}
