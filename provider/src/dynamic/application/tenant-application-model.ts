import { z } from "zod";

import { authMethods } from "../../client/auth-methods";
import { cells } from "../../client/cells";
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
      .min(1, "must name at least one scope, or be left out for both")
      .refine((list) => new Set(list).size === list.length, "names a scope twice")
      .optional(),
    authMethod: z.enum(authMethods, { error: `must be one of ${authMethods.join(", ")}` }).optional(),
    publicKey: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], { error: "must be PEM text or a JWK" })
      .optional(),
    keyId: z.string().min(1, "must not be empty").max(256).optional(),
    adopt: adoptionSchema.optional(),
    slot: slotSchema.optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of TenantApplication: remove it or mend its name"
        : undefined,
  },
);
export type Inputs = z.output<typeof inputsSchema>;

/** What the state holds of an application that is needed again. */
export const stateSchema = z.looseObject({
  applicationId: z.string(),
  tenantId: z.string(),
  cell: z.string(),
  scopes: z.array(z.string()),
  authMethod: z.enum(authMethods),
  publicKey: z.unknown().optional(),
  keyId: z.string().optional(),
  slot: slotSchema.optional(),
  /** Where the result of its create is on record. */
  recordedAs: recordedAsSchema.optional(),
  clientSecret: z.string().optional(),
  /** What the API told of it is not whole: `update` reads the rest. */
  isPartlyMade: z.boolean().optional(),
  /** What of a partly made one was not as it was asked for when it was looked at last, in words. */
  differs: z.string().optional(),
  /** The part of that which concerns its credentials: what the API told once cannot be looked at again. */
  credentialsDiffer: z.string().optional(),
});

export type State = z.output<typeof stateSchema>;

/** Gives the scopes of an application, both where none are given. */
export function scopesOf(given: unknown): readonly string[] {
  return Array.isArray(given) ? (given as string[]) : documentsScopes;
}

/** The place of an application that was declared without one: by an older version. */
export function unknownSlot(id: string): SlotInput {
  return { stack: "", name: id };
}
