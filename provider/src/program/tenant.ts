import * as pulumi from "@pulumi/pulumi";

import type { Cell, Stage } from "../client/cells";
import { tenantType } from "../names/resource-types";
import { guardAdoption } from "./guards";
import { providerSource, slotOf } from "./slot";

/** The inputs of a {@link Tenant}. */
export interface TenantArgs {
  /** The tenant's name, unique in the organization: `^[a-z0-9]{1,61}$`. A change is a replacement. */
  name: pulumi.Input<string>;
  /** The cells where the Web UI is reachable. Given, a change is a replacement. A set: order is no difference. */
  cells?: pulumi.Input<pulumi.Input<Cell>[]>;
  /** The same, used only when the tenant is made and never a difference afterwards. The API's default is `["eu-1"]`. */
  initialCells?: pulumi.Input<pulumi.Input<Cell>[]>;
  /** The id of an existing tenant of that name, to be taken over instead of made. */
  adopt?: pulumi.Input<string>;
  /** Allows a change that replaces the tenant, which destroys all that the customer has in it. Default false. */
  allowReplace?: pulumi.Input<boolean>;
  /**
   * Whether the tenant and its applications may be deleted in production: `active` (the default) is refused there, also
   * by `pulumi destroy`. An `up` with `deprecated` puts that on record, with its reason, and sends nothing; from then
   * on they may be. This project's own stacks take it from `tenants:customers` instead.
   */
  status?: pulumi.Input<"active" | "deprecated">;
}

/**
 * A tenant: one downstream customer's isolation boundary.
 *
 * There is no update operation: a change of `name` or of given `cells` is a replacement, the old tenant is deleted
 * first, and it is refused in the preview unless `allowReplace` is true.
 *
 * @example
 * ```ts
 * const tenant = new Tenant("acme", { name: "acme", initialCells: ["eu-1"] }, { protect: true });
 * export const webUi = tenant.webUiUrls.apply((urls) => urls["eu-1"]);
 * ```
 */
export class Tenant extends pulumi.CustomResource {
  /**
   * The tenant's id, which the vendor gives it.
   * @example `aQ3mZ8kT1xW`
   */
  declare readonly tenantId: pulumi.Output<string>;
  /**
   * Its name, as given.
   * @example `acme`
   */
  declare readonly name: pulumi.Output<string>;
  /**
   * The cells where the Web UI is reachable, as the vendor has them.
   * @example `["eu-1"]`
   */
  declare readonly cells: pulumi.Output<Cell[]>;
  /**
   * The Web UI's https URL per cell; a cell for which the API gives no link is left out.
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
   * The vendor's environment it is in, which is that of the stack's configuration.
   * @example `production`
   */
  declare readonly stage: pulumi.Output<Stage>;
  /**
   * When the vendor created it, as the vendor writes it.
   * @example `2026-03-01T09:30:00.000Z`
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * When the vendor last changed it, as the vendor writes it.
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
      name,
      {
        ...outputs,
        ...guarded(name, args, opts),
        slot: slotOf(tenantType, name, "tenantId"),
        __provider: providerSource("tenant"),
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

/** Lets the inputs reach the engine only once the guards have passed. */
function guarded(name: string, args: TenantArgs, opts: pulumi.CustomResourceOptions | undefined): TenantArgs {
  const checked = guardAdoption(tenantType, name, args.adopt, opts);
  return { ...args, name: pulumi.all([args.name, checked]).apply(([tenantName]) => tenantName) };
}
