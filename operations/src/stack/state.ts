import { readFile } from "node:fs/promises";

import {
  releasedType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/resource-types";
import { messageOf, nameOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { type StoredVersion, storedVersions } from "resistant-tenants-stacks/changed-secrets";
import { z } from "zod";

import type { Pulumi } from "./pulumi";

/** What the state tells of every object that is this project's. */
interface Held {
  urn: string;
  /** The resource's name in the stack. */
  slot: string;
  tenantId: string;
  /** Where it was made. */
  stage: string | undefined;
  apiUrl: string | undefined;
  /** What the API told of it is not whole. */
  isPartlyMade: boolean;
  /** It was replaced, and the next update deletes it. */
  isToBeDeleted: boolean;
  /** Where its create is on record; absent where an earlier version made it. */
  recordedAs?: { sequence: number; hash: string } | undefined;
}

/** A tenant that the state holds. */
export interface HeldTenant extends Held {
  name: string | undefined;
}

/** An application that the state holds. */
export interface HeldApplication extends Held {
  applicationId: string;
  clientId: string | undefined;
  cell: string | undefined;
  authMethod: string | undefined;
  /** Whether the state holds a client secret of it, encrypted. */
  hasSecret: boolean;
  /** What of a partly made one is not as it was asked for, in words. */
  differs?: string;
}

/** An operation that was begun, and whose end the engine did not see. */
export interface PendingOperation {
  operation: string;
  urn: string;
  type: string;
  /** The resource's name in the stack. */
  slot: string;
  inputs: Record<string, unknown>;
}

/** What a stack's state holds, as far as this project is concerned. */
export interface HeldState {
  tenants: HeldTenant[];
  applications: HeldApplication[];
  /** The ids of what was handed over to another owner. */
  released: string[];
  pending: PendingOperation[];
  /** The versions of secrets that the stack stored last. */
  storedVersions: StoredVersion[];
  /** The URN of the stack itself; undefined where the state is empty. */
  rootUrn: string | undefined;
}

// A value that the program marked secret stands in the state as an object: it is not known here.
const plainText = z.string().optional().catch(undefined);
const properties = z.record(z.string(), z.unknown()).default({});

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  delete: z.boolean().default(false),
  pendingReplacement: z.boolean().default(false),
  inputs: properties,
  outputs: properties,
});
type Resource = z.output<typeof resourceSchema>;

const exportSchema = z.object({
  deployment: z.object({
    resources: z.array(resourceSchema).default([]),
    pending_operations: z.array(z.object({ type: z.string(), resource: resourceSchema })).default([]),
  }),
});

const outputsSchema = z.object({
  tenantId: plainText,
  name: plainText,
  clientId: plainText,
  cell: plainText,
  authMethod: plainText,
  stage: plainText,
  apiUrl: plainText,
  isPartlyMade: z.boolean().default(false),
  differs: z.string().optional(),
  clientSecret: z.unknown().optional(),
  recordedAs: z.object({ sequence: z.number(), hash: z.string() }).optional().catch(undefined),
});

/** A resource that the state holds, and that is not only waiting to be deleted. */
export interface StateResource {
  type: string;
  /** Its name in the stack. */
  name: string;
  /** What the program marked secret is no plain value here. */
  outputs: Record<string, unknown>;
}

/** Reads the resources of a stack's state, those of other projects' types too. */
export async function readResources(pulumi: Pulumi): Promise<StateResource[]> {
  const { resources } = exportSchema.parse(JSON.parse(await pulumi.run(["stack", "export"]))).deployment;
  return resources
    .filter((resource) => !resource.delete && !resource.pendingReplacement)
    .map(({ type, urn, outputs }) => ({ type, name: nameOfUrn(urn), outputs }));
}

/** Reads from a stack's state under which other names its objects were made: it was renamed, or moved. */
export async function readFormerNames(pulumi: Pulumi, stack: string): Promise<string[]> {
  const { otherStackNames } = await import("pulumi-resistant-tenants/internal/operator");
  return otherStackNames(await readResources(pulumi), stack);
}

/**
 * Reads which resources another stack of the same backend holds.
 *
 * @param stack its full name
 * @returns Resolves with the resources' names in the stack, by their ids.
 */
export async function readHeldIds(pulumi: Pulumi, stack: string): Promise<Map<string, string>> {
  const text = await pulumi.runWithoutStack(["stack", "export", "--stack", stack]);
  const { resources } = exportSchema.parse(JSON.parse(text)).deployment;
  return new Map(
    resources.flatMap(({ id, urn, pendingReplacement }) =>
      id === undefined || pendingReplacement ? [] : [[id, nameOfUrn(urn)] as const],
    ),
  );
}

/**
 * Reads a stack's state.
 *
 * @param file what `pulumi stack export` wrote; undefined to run it
 */
export async function readState(pulumi: Pulumi, file: string | undefined): Promise<HeldState> {
  const text = file === undefined ? await pulumi.run(["stack", "export"]) : await readFile(file, "utf8");
  try {
    return toHeldState(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${file ?? "The stack's state"} is not what \`pulumi stack export\` writes: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Takes from an exported state what this project is concerned with. */
export function toHeldState(exported: unknown): HeldState {
  const { resources, pending_operations: pending } = exportSchema.parse(exported).deployment;
  // One that waits to be made anew was deleted before.
  const made = resources.filter(({ id, pendingReplacement }) => id !== undefined && !pendingReplacement);
  return {
    tenants: made.filter(({ type }) => type === tenantType).map(toTenant),
    applications: made.filter(({ type }) => type === tenantApplicationType).map(toApplication),
    released: made.filter(({ type }) => type === releasedType).map(({ id }) => id ?? ""),
    pending: pending.map(({ type: operation, resource: { urn, type, inputs } }) => ({
      operation,
      urn,
      type,
      slot: nameOfUrn(urn),
      inputs,
    })),
    storedVersions: storedVersions(made.filter((resource) => !resource.delete)),
    rootUrn: resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.urn,
  };
}

function toTenant(resource: Resource): HeldTenant {
  const { name, stage, apiUrl, isPartlyMade, recordedAs } = outputsSchema.parse(resource.outputs);
  return {
    urn: resource.urn,
    slot: nameOfUrn(resource.urn),
    tenantId: resource.id ?? "",
    name,
    stage,
    apiUrl,
    isPartlyMade,
    isToBeDeleted: resource.delete,
    recordedAs,
  };
}

function toApplication(resource: Resource): HeldApplication {
  const outputs = outputsSchema.parse(resource.outputs);
  const {
    tenantId = "",
    clientId,
    cell,
    authMethod,
    stage,
    apiUrl,
    isPartlyMade,
    clientSecret,
    differs,
    recordedAs,
  } = outputs;
  return {
    urn: resource.urn,
    slot: nameOfUrn(resource.urn),
    tenantId,
    applicationId: resource.id ?? "",
    clientId,
    cell,
    authMethod,
    stage,
    apiUrl,
    hasSecret: clientSecret !== undefined,
    isPartlyMade,
    ...(differs === undefined ? {} : { differs }),
    isToBeDeleted: resource.delete,
    recordedAs,
  };
}
