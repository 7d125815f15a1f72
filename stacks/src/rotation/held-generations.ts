import { secretVersionType } from "pulumi-resistant-tenants/internal/resource-types";
import { unknownValue } from "pulumi-resistant-tenants/internal/unknown";
import {
  authMethods,
  documentsScopes,
  readApplicationName,
  signingKeyType,
  tenantApplicationType,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { Specification } from "./specification";

/** The type of a `Generation` in the state. */
export const generationType = "resistant:index:Generation";

/** A resource of the stack at the end of its last update. */
export interface HeldResource {
  type: string;
  /** Its name in the stack. */
  name: string;
  outputs: Record<string, unknown>;
}

/** One generation of an application's credentials in the state. */
export interface HeldGeneration {
  generation: number;
  /** Absent if it was never created, or is deleted. */
  application?: MadeApplication;
  /** Whether the stack has its own key pair for it. */
  hasSigningKey: boolean;
  /** Whether a version of the secret contains its credentials. */
  isStored: boolean;
  /** From generation 2 on: when that version was created. */
  stored?: StoredRecord;
}

/** A created application. */
export interface MadeApplication {
  applicationId: string | undefined;
  clientId: string | undefined;
  /** Milliseconds since 1970; undefined if unknown. */
  createdAtMs: number | undefined;
  specification: Specification;
}

const storedSchema = z.object({
  storedAt: z.iso.datetime(),
  versionId: z.string().refine((id) => id !== unknownValue),
});

/** What a `Generation` stores. */
export type StoredRecord = z.output<typeof storedSchema>;

const text = z.string().optional().catch(undefined);

const applicationSchema = z.object({
  applicationId: text,
  clientId: text,
  createdAt: text,
  scopes: z.array(z.enum(documentsScopes)),
  authMethod: z.enum(authMethods),
  publicKey: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  keyId: text,
});

/** Finds the generations in a state, oldest first, by their slot (`<customer>/<cell>/<purpose>`). */
export function heldGenerations(resources: readonly HeldResource[]): Map<string, HeldGeneration[]> {
  const slots = new Map<string, Map<number, HeldResource[]>>();
  for (const resource of resources) {
    const place = placeOf(resource);
    if (place === undefined) continue;
    const generations = slots.get(place.slot) ?? new Map<number, HeldResource[]>();
    slots.set(place.slot, generations);
    generations.set(place.generation, [...(generations.get(place.generation) ?? []), resource]);
  }
  return new Map(
    [...slots].map(([slot, generations]) => [
      slot,
      [...generations]
        .map(([generation, held]) => toGeneration(generation, held))
        .toSorted((a, b) => a.generation - b.generation),
    ]),
  );
}

const typesOfGeneration: readonly string[] = [
  signingKeyType,
  tenantApplicationType,
  secretVersionType,
  generationType,
];

function placeOf({ type, name }: HeldResource): { slot: string; generation: number } | undefined {
  if (!typesOfGeneration.includes(type)) return undefined;
  return readApplicationName(name);
}

function toGeneration(generation: number, held: readonly HeldResource[]): HeldGeneration {
  const outputsOf = (wanted: string): unknown => held.find(({ type }) => type === wanted)?.outputs;
  const hasSigningKey = outputsOf(signingKeyType) !== undefined;
  const application = toApplication(outputsOf(tenantApplicationType), hasSigningKey);
  const stored = storedSchema.safeParse(outputsOf(generationType)).data;
  return {
    generation,
    hasSigningKey,
    isStored: outputsOf(secretVersionType) !== undefined,
    ...(application === undefined ? {} : { application }),
    ...(stored === undefined ? {} : { stored }),
  };
}

function toApplication(outputs: unknown, hasSigningKey: boolean): MadeApplication | undefined {
  const found = applicationSchema.safeParse(outputs).data;
  if (found === undefined) return undefined;
  const { applicationId, clientId, createdAt, scopes, authMethod, publicKey, keyId } = found;
  const createdAtMs = Date.parse(createdAt ?? "");
  const isCustomers = !hasSigningKey && publicKey !== undefined && keyId !== undefined;
  return {
    applicationId,
    clientId,
    createdAtMs: Number.isNaN(createdAtMs) ? undefined : createdAtMs,
    specification: {
      scopes,
      authMethod,
      ...(isCustomers ? { customerKey: { publicKey, keyId } } : {}),
    },
  };
}
