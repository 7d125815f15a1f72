import { z } from "zod";

import { cells } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import { recordedAsSchema, slotSchema } from "../../names/slot";

/** A set of cells: at least one, none twice. */
export const cellSet = z
  .array(z.enum(cells, { error: `must be one of ${cells.join(", ")}` }))
  .min(1, "must name at least one cell, or be left out")
  .refine((list) => new Set(list).size === list.length, "names a cell twice");

/** The inputs of a `Tenant`. */
export const inputsSchema = z.strictObject(
  {
    name: z
      .string({ error: "must be given, as text" })
      .regex(
        /^[a-z0-9]{1,61}$/,
        "must be 1 to 61 lower-case letters and digits, as the vendor demands (^[a-z0-9]{1,61}$)",
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
        ? "is not an input of Tenant: remove it or mend its name"
        : undefined,
  },
);
export type Inputs = z.output<typeof inputsSchema>;

/** What the state holds of a tenant that is needed again. */
export const stateSchema = z.looseObject({
  tenantId: z.string(),
  name: z.string(),
  cells: z.array(z.string()),
  /** The `cells` input that was last accepted: a difference from it is the user's, from `cells` it is drift. */
  declaredCells: z.array(z.string()).optional(),
  createdBy: z.string().optional(),
  slot: slotSchema.optional(),
  /** The status that is on record; absent where none was ever declared. */
  status: z.string().optional(),
  /** Where the result of its create is on record. */
  recordedAs: recordedAsSchema.optional(),
  /** What the API told of it is not whole: `update` reads the rest. */
  isPartlyMade: z.boolean().optional(),
});
export type State = z.output<typeof stateSchema>;

/** Gives the cells that a tenant is made with; undefined for the API's own default. */
export function cellsAtStart(wanted: Inputs): readonly string[] | undefined {
  return wanted.cells ?? wanted.initialCells;
}

/** Makes an error of what is refused before, or instead of, a change. */
export function refusal(message: string, cause?: unknown): TenantManagementError {
  return new TenantManagementError("INPUT_INVALID", message, cause === undefined ? {} : { cause });
}
