import { z } from "zod";

import { authMethods } from "../../client/auth-methods";
import { cells } from "../../client/cells";
import { visible } from "../../client/public-key";
import { documentsScopes } from "../../client/schemas";
import { recordedAsSchema, type SlotInput, slotSchema } from "../../names/slot";
import { adoptionSchema } from "./adoption";

/** The inputs of a `TenantApplication`. */
export const inputsSchema = z.strictObject(
  {
    tenantId: z.string({ error: "must be given: the tenant's id" }).min(1, "must not be empty"),
    cell: z.enum(cells, { error: `must be one of ${cells.join(", ")}` }),
    scopes: z
      .array(z.enum(documentsScopes, { error: `must be one of ${documentsScopes.join(", ")}` }))
      .min(1, "must contain at least one scope; omit it for both")
      .refine((list) => new Set(list).size === list.length, "contains a scope twice")
      .optional(),
    authMethod: z.enum(authMethods, { error: `must be one of ${authMethods.join(", ")}` }).optional(),
    publicKey: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], { error: "must be PEM text or a JWK" })
      .optional(),
    keyId: z
      .string()
      .refine((text) => text.trim() !== "", "must not be empty")
      .max(256, "must be at most 256 characters")
      .regex(visible, "contains control characters or invisible ones")
      .optional(),
    adopt: adoptionSchema.optional(),
    slot: slotSchema.optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of TenantApplication: remove it or correct its name"
        : undefined,
  },
);
export type Inputs = z.output<typeof inputsSchema>;

/** The part of an application's state that is needed again. */
export const stateSchema = z.looseObject({
  applicationId: z.string(),
  tenantId: z.string(),
  cell: z.string(),
  scopes: z.array(z.string()),
  authMethod: z.enum(authMethods),
  publicKey: z.unknown().optional(),
  keyId: z.string().optional(),
  slot: slotSchema.optional(),
  /** The event with the result of its create. */
  recordedAs: recordedAsSchema.optional(),
  clientSecret: z.string().optional(),
  /** Whether the API's response about it was incomplete: `update` reads the rest. */
  isPartlyMade: z.boolean().optional(),
  /** How a partly created one last differed from what was requested, in words. */
  differs: z.string().optional(),
  /** The differences of its credentials: what the API reported once cannot be read again. */
  credentialsDiffer: z.string().optional(),
});

export type State = z.output<typeof stateSchema>;

/** Returns the scopes of an application, both if none are given. */
export function scopesOf(given: unknown): readonly string[] {
  return Array.isArray(given) ? (given as string[]) : documentsScopes;
}

/** The slot of an application that an older version declared without one. */
export function unknownSlot(id: string): SlotInput {
  return { stack: "", name: id };
}
