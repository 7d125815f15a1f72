import type { Secret } from "@pulumi/aws/secretsmanager/secret";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion";
import * as pulumi from "@pulumi/pulumi";
import {
  type Cell,
  SigningKey,
  type Stage,
  type Tenant,
  TenantApplication,
  type ToldOfRun,
} from "pulumi-resistant-tenants";
import { algorithmOf, generationName, hasKey } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ApplicationConfiguration } from "../configuration/configuration";
import type { DeclaredGeneration, SlotPlan } from "../rotation/plan";
import type { Specification } from "../rotation/specification";
import { storedValue } from "../secret/stored-value";
import { Generation } from "./generation";

/** The slot of an application's generations, and their common properties. */
export interface Slot {
  /** `<customer>/<cell>/<purpose>`. */
  name: string;
  stage: Stage;
  cell: Cell;
  tenant: Tenant;
  /** Each generation is a version of this secret. */
  secret: Secret;
  parent: pulumi.Resource;
  /** An existing application that is adopted as generation 1. */
  adopt: ApplicationConfiguration["adopt"];
  /** What the provider of the current generation must know about this update. */
  told: ToldOfRun;
  clock: () => Date;
}

/** The declared generations of one slot. */
export interface Generations {
  /** The application whose credentials are the secret's `AWSCURRENT`. */
  application: TenantApplication;
  /** What it is or was created with. */
  specification: Specification;
  /** When it was stored; undefined for generation 1. */
  rotatedAt: pulumi.Output<string> | undefined;
  /** All resources that must not be lost. */
  resources: pulumi.Resource[];
}

/** The resources of one generation. */
interface Parts {
  application: TenantApplication;
  storedAt: pulumi.Output<string> | undefined;
  resources: pulumi.Resource[];
  /** Absent for a retiring one that was never stored. */
  version?: SecretVersion;
}

/**
 * Declares the generations of a slot: the retiring ones, which must not change, and the current one. The
 * engine deletes those that are no longer declared, after everything new was created.
 */
export function declareGenerations(slot: Slot, plan: SlotPlan): Generations {
  const retiring = plan.retiring.map((generation) => declareGeneration(slot, generation));
  // If a retiring generation is stored again (`up --replace`), the current one must still be stored last.
  const before = retiring.flatMap(({ version }) => version ?? []);
  const { application, storedAt, resources } = declareGeneration(slot, plan.current, before);
  return {
    application,
    specification: plan.current.specification,
    rotatedAt: storedAt,
    resources: [...resources, ...retiring.flatMap((generation) => generation.resources)],
  };
}

/** @param before the versions to store before the current one; absent for a retiring generation */
function declareGeneration(
  slot: Slot,
  { generation, specification, held }: DeclaredGeneration,
  before?: readonly SecretVersion[],
): Parts {
  const isRetiring = before === undefined;
  const { stage, cell, tenant, secret, clock } = slot;
  const { scopes, authMethod, customerKey } = specification;
  const adopt = generation === 1 ? slot.adopt : undefined;
  const name = generationName(slot.name, generation);
  const component = generation === 1 ? undefined : new Generation(name, { parent: slot.parent });
  const parent = component ?? slot.parent;
  const unchanging = (...properties: string[]): pulumi.CustomResourceOptions =>
    isRetiring ? { parent, ignoreChanges: properties } : { parent };
  const key =
    !hasKey(authMethod) || customerKey !== undefined
      ? undefined
      : new SigningKey(
          name,
          {
            algorithm: algorithmOf(authMethod),
            // An adopted application comes with its key.
            ...(adopt === undefined ? {} : { adopt: { ...adopt, tenantId: tenant.tenantId } }),
          },
          unchanging("algorithm", "adopt"),
        );
  const application = new TenantApplication(
    name,
    {
      tenantId: tenant.tenantId,
      cell,
      scopes: [...scopes],
      authMethod,
      ...(key === undefined ? {} : { publicKey: key.publicKeyPem, keyId: key.keyId }),
      ...customerKey,
      ...(adopt === undefined ? {} : { adopt }),
    },
    {
      ...unchanging("tenantId", "cell", "scopes", "authMethod", "publicKey", "keyId", "adopt"),
      // So it is deleted before its secret, and if its deletion is refused, the secret stays.
      dependsOn: [secret],
    },
    isRetiring ? undefined : slot.told,
  );
  const made = [application, ...(key === undefined ? [] : [key])];
  // Any new version becomes AWSCURRENT: a version of old credentials is never created again.
  if (isRetiring && held?.isStored !== true) return { application, storedAt: undefined, resources: made };
  const version = new SecretVersion(
    name,
    { secretId: secret.id, secretString: storedValue({ stage, cell, authMethod, application, key }) },
    // AWS moves a version's labels with each new version. The AWS provider would remove the labels that it saw last,
    // and fail because they have moved; the version is deleted with its secret anyway.
    { ...unchanging("secretId", "secretString"), dependsOn: [...(before ?? [])], retainOnDelete: true },
  );
  component?.record(version, held?.stored, clock);
  return { application, storedAt: component?.storedAt, resources: [...made, version], version };
}
