import { z } from "zod";

import { cells, stages } from "./client/cells";
import { authMethods } from "./client/schemas";
import { unknownValue } from "./unknown";

const cell = z.enum(cells);
const cellList = z.array(cell);

/** Refuses the engine's marker of what is not known, which is no value: an update with `--target` may have left it. */
const text = z
  .string()
  .refine((value) => value !== unknownValue, "is not known yet: no complete update has recorded it");

/** Reads what a stack records of one application. No credential. */
const applicationRecordSchema = z.object({
  cell,
  purpose: text,
  applicationId: text,
  clientId: text,
  authMethod: z.enum(authMethods),
  /** Of RSA and EC. */
  keyId: text.optional(),
  /** Where the application gets its tokens. */
  tokenUrl: text,
  /** Where its credentials lie, in AWS Secrets Manager. */
  secretArn: text,
  /** When it was made: RFC 3339, UTC. */
  createdAt: text,
  /** When its credentials were last rotated; absent where they never were. */
  rotatedAt: text.optional(),
});

/** Reads what a stack records of one customer; fields of a later version are left out. */
export const customerRecordSchema = z.object({
  tenantId: text,
  /** The tenant's name. */
  name: text,
  /** The partner's own identifier. */
  customerId: text,
  stage: z.enum(stages),
  /** The cells it has applications in. */
  cells: cellList,
  /** The cells where the Web UI is reachable. */
  uiCells: cellList,
  /** The Web UI's https URL per cell. */
  webUiUrls: z.partialRecord(cell, text),
  /** The claims that let a user of the partner's identity provider into the Web UI. */
  ssoClaims: z.object({ readOnly: text, readWrite: text }),
  status: z.enum(["active", "deprecated", "released"]),
  owner: text.optional(),
  createdBy: text,
  createdAt: text,
  applications: z.array(applicationRecordSchema),
});

/** What a stack records of one application. No credential. */
export type ApplicationRecord = z.output<typeof applicationRecordSchema>;

/** What a stack records of one customer: the vendor's minimum fields to persist. */
export type CustomerRecord = z.output<typeof customerRecordSchema>;

/** A stack's outputs, by the customer's name: the system of record. None is a credential, none is marked secret. */
export interface StackOutputs {
  tenantIds: Record<string, CustomerRecord["tenantId"]>;
  webUiUrls: Record<string, CustomerRecord["webUiUrls"]>;
  customers: Record<string, CustomerRecord>;
}
