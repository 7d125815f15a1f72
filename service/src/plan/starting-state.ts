import { createHash } from "node:crypto";

import { secretVersionType } from "pulumi-resistant-tenants/internal/operator";
import { nameOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import type { HeldResource } from "resistant-tenants-stacks/rotation";
import { z } from "zod";

/** How the engine marks a secret in a state. */
const secretMarker = "4dabf18193072939515e22adb298388d";

const properties = z.record(z.string(), z.unknown()).nullish();

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  protect: z.boolean().default(false),
  delete: z.boolean().default(false),
  inputs: properties,
  outputs: properties,
});

const exportSchema = z.object({
  deployment: z
    .object({
      manifest: z.object({ time: z.string() }).optional(),
      resources: z.array(resourceSchema).nullish(),
      pending_operations: z.array(z.object({ type: z.string(), resource: resourceSchema })).nullish(),
    })
    .nullable(),
});

/** The state that a plan starts from. */
export interface StartingState {
  /** The same for two states that differ only in times, order, stack traces and ciphertexts. */
  digest: string;
  /** The engine's id of the last update, which is the time when it wrote the state. */
  lastUpdate: string | undefined;
  /** The number of resources besides the stack itself and providers, which exist only in the state. */
  size: number;
  /** The stack's outputs, none of which is a secret. */
  outputs: Record<string, unknown>;
  /** Whether an update was interrupted. */
  hasPendingOperations: boolean;
  /** The resources. Secrets are encrypted. */
  resources: HeldResource[];
}

/** Describes an exported state. */
export function startingStateOf(exported: unknown): StartingState {
  const { deployment } = exportSchema.parse(exported);
  const resources = deployment?.resources ?? [];
  const pending = deployment?.pending_operations ?? [];
  const lines = [
    ...resources.map((resource) => lineOf("", resource)),
    ...pending.map(({ type, resource }) => lineOf(type, resource)),
  ].sort();
  return {
    digest: createHash("sha256").update(lines.join("\n")).digest("hex"),
    lastUpdate: deployment?.manifest?.time,
    size: resources.filter(({ type }) => !type.startsWith("pulumi:")).length,
    outputs: resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {},
    hasPendingOperations: pending.length > 0,
    resources: resources
      .filter((resource) => !resource.delete)
      .map(({ urn, type, outputs }) => ({ type, name: nameOfUrn(urn), outputs: outputs ?? {} })),
  };
}

/** The line starts with the URN, by which lines are sorted. */
function lineOf(pending: string, resource: z.output<typeof resourceSchema>): string {
  const { urn, type, id, protect, inputs, outputs } = resource;
  const version = versionOf(resource);
  return JSON.stringify([
    urn,
    pending,
    type,
    id ?? null,
    protect,
    resource.delete,
    canonical(inputs ?? {}, version),
    canonical(outputs ?? {}, version),
  ]);
}

/** A secret is identified by the version that contains it, or else by its object. */
function versionOf({ type, id, outputs }: z.output<typeof resourceSchema>): string {
  const version = type === secretVersionType ? outputs?.["versionId"] : undefined;
  return typeof version === "string" ? version : (id ?? "");
}

/** Writes a value with sorted keys and, in place of each ciphertext, the version of the secret. */
function canonical(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((each) => canonical(each, version));
  if (typeof value !== "object" || value === null) return value;
  if (secretMarker in value) return { secret: version };
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, canonical(each, version)]));
}
