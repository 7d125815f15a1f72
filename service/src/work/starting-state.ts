import { createHash } from "node:crypto";

import { secretVersionType } from "pulumi-resistant-tenants/internal/operator";
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

/** What a plan starts from. */
export interface StartingState {
  /** The same for two states that differ in times, order, stack traces and ciphertexts alone. */
  digest: string;
  /** When the engine wrote the state last, by its own words: its id of the update. */
  lastUpdate: string | undefined;
  /** How many resources it holds, beside the stack itself and providers: they are nothing beyond the state. */
  size: number;
  /** The stack's outputs; none of them is a secret. */
  outputs: Record<string, unknown>;
  /** Whether an update was cut off. */
  hasPendingOperations: boolean;
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
  };
}

/** Begins with the URN, by which the lines are sorted. */
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

/** A secret is told from another by the version that holds it, else by the object that it belongs to. */
function versionOf({ type, id, outputs }: z.output<typeof resourceSchema>): string {
  const version = type === secretVersionType ? outputs?.["versionId"] : undefined;
  return typeof version === "string" ? version : (id ?? "");
}

/** Writes a value with its keys in order, and in place of each ciphertext the version of the secret. */
function canonical(value: unknown, version: string): unknown {
  if (Array.isArray(value)) return value.map((each) => canonical(each, version));
  if (typeof value !== "object" || value === null) return value;
  if (secretMarker in value) return { secret: version };
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, canonical(each, version)]));
}
