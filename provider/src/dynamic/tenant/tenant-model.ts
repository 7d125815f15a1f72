import { z } from "zod";

import { cells } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import { recordedAsSchema, slotSchema } from "../../names/slot";

/** A set of cells: at least one, without duplicates. */
export const cellSet = z
  .array(z.enum(cells, { error: `must be one of ${cells.join(", ")}` }))
  .min(1, "must contain at least one cell, or be omitted")
  .refine((list) => new Set(list).size === list.length, "contains a cell twice");

/** The inputs of a `Tenant`. */
export const inputsSchema = z.strictObject(
  {
    name: z
      .string({ error: "must be given, as text" })
      .regex(
        /^[a-z0-9]{1,61}$/,
        "must be 1 to 61 lower-case letters and digits, as the vendor requires (^[a-z0-9]{1,61}$)",
      ),
    cells: cellSet.optional(),
    initialCells: cellSet.optional(),
    adopt: z.string().min(1, "must be the id of an existing tenant").optional(),
    allowReplace: z.boolean({ error: "must be true or false" }).optional(),
    status: z.enum(["active", "deprecated"], { error: "must be active or deprecated" }).optional(),
    slot: slotSchema.optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of Tenant: remove it or correct its name"
        : undefined,
  },
);
export type Inputs = z.output<typeof inputsSchema>;

/** The part of a tenant's state that is needed again. */
export const stateSchema = z.looseObject({
  tenantId: z.string(),
  name: z.string(),
  cells: z.array(z.string()),
  /** The last accepted `cells` input: a difference from it comes from the user, a difference from `cells` is drift. */
  declaredCells: z.array(z.string()).optional(),
  createdBy: z.string().optional(),
  slot: slotSchema.optional(),
  /** The recorded status; absent if none was ever declared. */
  status: z.string().optional(),
  /** The event with the result of its create. */
  recordedAs: recordedAsSchema.optional(),
  /** Whether the API's response about it was incomplete: `update` reads the rest. */
  isPartlyMade: z.boolean().optional(),
});
export type State = z.output<typeof stateSchema>;

/** Returns the cells of a new tenant; undefined for the API's default. */
export function cellsAtStart(wanted: Inputs): readonly string[] | undefined {
  return wanted.cells ?? wanted.initialCells;
}

/** Creates the error for something that is refused before, or instead of, a change. */
export function refusal(message: string, cause?: unknown): TenantManagementError {
  return new TenantManagementError("INPUT_INVALID", message, cause === undefined ? {} : { cause });
}
