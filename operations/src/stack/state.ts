import {
  releasedType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/resource-types";
import { messageOf, nameOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { type StoredVersion, storedVersions } from "resistant-tenants-stacks/changed-secrets";
import { z } from "zod";

import { readTextFile } from "../text-file";
import type { Pulumi } from "./pulumi";

/** What the state contains about each of this project's objects. */
interface Held {
  urn: string;
  /** The resource's name in the stack. */
  slot: string;
  tenantId: string;
  /** The stage where it was created. */
  stage: string | undefined;
  apiUrl: string | undefined;
  /** Whether the API's response about it was incomplete. */
  isPartlyMade: boolean;
  /** Whether it was replaced, and the next update deletes it. */
  isToBeDeleted: boolean;
  /** The event that records its create; absent if an earlier version created it. */
  recordedAs?: { sequence: number; hash: string } | undefined;
}

/** A tenant in the state. */
export interface HeldTenant extends Held {
  name: string | undefined;
}

/** An application in the state. */
export interface HeldApplication extends Held {
  applicationId: string;
  clientId: string | undefined;
  cell: string | undefined;
  authMethod: string | undefined;
  /** Whether the state contains its client secret, encrypted. */
  hasSecret: boolean;
  /** How a partly created one differs from what was requested, in words. */
  differs?: string;
}

/** An operation whose end the engine did not see. */
export interface PendingOperation {
  operation: string;
  urn: string;
  type: string;
  /** The resource's name in the stack. */
  slot: string;
  inputs: Record<string, unknown>;
}

/** This project's part of a stack's state. */
export interface HeldState {
  tenants: HeldTenant[];
  applications: HeldApplication[];
  /** The ids of objects that were handed over to another owner. */
  released: string[];
  pending: PendingOperation[];
  /** The versions of secrets that the stack stored last. */
  storedVersions: StoredVersion[];
  /** The URN of the stack itself; undefined if the state is empty. */
  rootUrn: string | undefined;
}

// The state contains a value that the program marked secret as an object: it is unknown here.
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

/** A resource of the state that is not merely waiting to be deleted. */
export interface StateResource {
  type: string;
  /** Its name in the stack. */
  name: string;
  /** Its outputs. A value that the program marked secret is not in plain text here. */
  outputs: Record<string, unknown>;
}

/** Reads the resources of a stack's state, including those of other projects' types. */
export async function readResources(pulumi: Pulumi): Promise<StateResource[]> {
  return toStateResources(JSON.parse(await pulumi.run(["stack", "export"])));
}

/** Returns the resources of an exported state. */
export function toStateResources(exported: unknown): StateResource[] {
  const { resources } = exportSchema.parse(exported).deployment;
  return resources
    .filter((resource) => !resource.delete && !resource.pendingReplacement)
    .map(({ type, urn, outputs }) => ({ type, name: nameOfUrn(urn), outputs }));
}

/** Reads from a stack's state under which other names its objects were created: it was renamed, or moved. */
export async function readFormerNames(pulumi: Pulumi, stack: string): Promise<string[]> {
  const { otherStackNames } = await import("pulumi-resistant-tenants/internal/operator");
  return otherStackNames(await readResources(pulumi), stack);
}

/**
 * Reads the resources of another stack in the same backend.
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
 * @param file a file that `pulumi stack export` wrote; undefined to run it
 */
export async function readState(pulumi: Pulumi, file: string | undefined): Promise<HeldState> {
  if (file !== undefined) return readStateFile(file);
  return parseState(await pulumi.run(["stack", "export"]), "The stack's state");
}

/** Reads a state from a file that `pulumi stack export` wrote. */
export async function readStateFile(file: string): Promise<HeldState> {
  return parseState(await readTextFile(file), file);
}

function parseState(text: string, what: string): HeldState {
  try {
    return toHeldState(JSON.parse(text));
  } catch (error) {
    throw new Error(`${what} is not output of \`pulumi stack export\`: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Returns this project's part of an exported state. */
export function toHeldState(exported: unknown): HeldState {
  const { resources, pending_operations: pending } = exportSchema.parse(exported).deployment;
  // An object that waits to be created again was deleted before.
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
