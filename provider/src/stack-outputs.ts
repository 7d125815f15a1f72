import { z } from "zod";

import { cells, stages } from "./client/cells";
import { authMethods } from "./client/schemas";

const cell = z.enum(cells);
const cellList = z.array(cell);

/** Reads what a stack records of one application. No credential. */
const applicationRecordSchema = z.object({
  cell,
  purpose: z.string(),
  applicationId: z.string(),
  clientId: z.string(),
  authMethod: z.enum(authMethods),
  /** Of RSA and EC. */
  keyId: z.string().optional(),
  /** Where the application gets its tokens. */
  tokenUrl: z.string(),
  /** Where its credentials lie, in AWS Secrets Manager. */
  secretArn: z.string(),
  /** When it was made: RFC 3339, UTC. */
  createdAt: z.string(),
  /** When its credentials were last rotated; absent where they never were. */
  rotatedAt: z.string().optional(),
});

/** Reads what a stack records of one customer; fields of a later version are left out. */
export const customerRecordSchema = z.object({
  tenantId: z.string(),
  /** The tenant's name. */
  name: z.string(),
  /** The partner's own identifier. */
  customerId: z.string(),
  stage: z.enum(stages),
  /** The cells it has applications in. */
  cells: cellList,
  /** The cells where the Web UI is reachable. */
  uiCells: cellList,
  /** The Web UI's https URL per cell. */
  webUiUrls: z.partialRecord(cell, z.string()),
  /** The claims that let a user of the partner's identity provider into the Web UI. */
  ssoClaims: z.object({ readOnly: z.string(), readWrite: z.string() }),
  status: z.enum(["active", "deprecated", "released"]),
  owner: z.string().optional(),
  createdBy: z.string(),
  createdAt: z.string(),
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
