import type { JsonWebKey } from "node:crypto";

import type { Properties } from "../../provider/src/dynamic/engine/inputs";
import { tenantApplicationType, tenantType } from "../../provider/src/names/resource-types";
import type { Cell } from "../../sandbox/api/cells";
import type { DeclaredApplication } from "../fuzz/declared";
import type { Program } from "./engine-model";
import { heldBy, providerText, slotInputOf, unknown } from "./program";

/** A tenant that a program of somebody's own declares, with its applications. */
export interface OwnTenant {
  /** The name of its resource. */
  resource: string;
  name: string;
  cells: readonly Cell[];
  initialCells?: readonly Cell[];
  adopt?: string;
  allowReplace?: boolean;
  status?: "active" | "deprecated";
  applications: readonly OwnApplication[];
}

/** An application that it declares. */
export interface OwnApplication extends Pick<DeclaredApplication, "cell" | "scopes" | "authMethod"> {
  /** The name of its resource. */
  resource: string;
  publicKey?: string | JsonWebKey;
  keyId?: string;
  adopt?: { applicationId: string; secretArn: string };
}

/** A program that declares the provider's resources by itself, with none of the project's components, names and secrets. */
export function ownProgram(stack: string, tenants: readonly OwnTenant[]): Program {
  return async (engine) => {
    const held = heldBy(engine);
    const placed = (type: string, name: string, inputs: object): Properties => ({
      ...inputs,
      slot: slotInputOf(held, stack, type, name),
      __provider: providerText,
    });
    const declared = tenants.map(async ({ resource: name, applications, ...inputs }) => {
      const tenant = await engine.register({
        type: tenantType,
        name,
        inputs: placed(tenantType, name, inputs),
      });
      const tenantId = tenant.outputs["tenantId"] ?? unknown;
      const made = applications.map(({ resource, ...asked }) =>
        engine.register({
          type: tenantApplicationType,
          name: resource,
          dependencies: [tenant.urn],
          inputs: placed(tenantApplicationType, resource, { ...asked, tenantId }),
        }),
      );
      await Promise.allSettled(made);
    });
    await Promise.allSettled(declared);
  };
}
