import { z } from "zod";

import { secretArn } from "../../settings/settings";
import { isUnknown } from "../engine/inputs";

const notAPart = (issue: { code?: string }): string | undefined =>
  issue.code === "unrecognized_keys" ? "is not a part of `adopt`: remove it or correct its name" : undefined;

const applicationId = z
  .string({ error: "must be the id of an existing application" })
  .min(1, "must be the id of an existing application");

/** An existing application, and the secret with its credentials. */
export const adoptionSchema = z.strictObject({ applicationId, secretArn }, { error: notAPart });
export type Adoption = z.output<typeof adoptionSchema>;

/** The same, with its tenant. */
export const keyAdoptionSchema = z.strictObject(
  { tenantId: z.string({ error: "must be the tenant's id" }).min(1), applicationId, secretArn },
  { error: notAPart },
);
export type KeyAdoption = z.output<typeof keyAdoptionSchema>;

const withApplicationId = z.object({ applicationId: z.string() });

/** Returns whether `adopt` names another application than the one in the state. */
export function adoptsAnother(adopt: unknown, applicationId: string | undefined): boolean {
  const given = withApplicationId.safeParse(adopt);
  return given.success && !isUnknown(given.data) && given.data.applicationId !== applicationId;
}
