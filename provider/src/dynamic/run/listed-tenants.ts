import { readFile } from "node:fs/promises";

import { z } from "zod";

import { cells } from "../../client/cells";
import { parseJson } from "../../client/json";
import { type ApiTenant, identifierSchema } from "../../client/schemas";

const listSchema = z.array(
  z.object({
    tenantId: identifierSchema,
    name: z.string(),
    cells: z.array(z.string()),
    createdAt: z.string(),
    updatedAt: z.string(),
    webUiUrls: z.partialRecord(z.enum(cells), z.string()),
  }),
);

/**
 * Reads the organization's tenants, which a fleet has listed once for all of its engines (`TENANTS_LISTED`).
 *
 * @returns Resolves with undefined if there is no readable list: then this run lists them itself.
 */
export async function readListedTenants(file: string | undefined): Promise<ApiTenant[] | undefined> {
  if (file === undefined || file === "") return undefined;
  const text = await readFile(file, "utf8").catch(() => "");
  return listSchema.safeParse(parseJson(text)).data;
}
