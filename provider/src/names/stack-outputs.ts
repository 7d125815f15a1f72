import { z } from "zod";

import { authMethods } from "../client/auth-methods";
import { cells, stages } from "../client/cells";
import { unknownValue } from "./unknown";

const cell = z.enum(cells);
const cellList = z.array(cell);

/** Refuses the engine's marker for unknown values, which an update with `--target` may have left. */
const text = z
  .string()
  .refine((value) => value !== unknownValue, "is not known yet: no completed update has recorded it");

/** Reads what a stack records of one application. No credential. */
const applicationRecordSchema = z.object({
  /**
   * The cell it is bound to.
   * @example `eu-1`
   */
  cell,
  /**
   * Its purpose: with the cell it identifies the application.
   * @example `default`
   */
  purpose: text,
  /**
   * The application's id.
   * @example `bR7nY2pL9vC`
   */
  applicationId: text,
  /**
   * The OAuth2 client id of its token requests.
   * @example `0oa9x1exampleclient`
   */
  clientId: text,
  /**
   * How it authenticates.
   * @example `CLIENT_SECRET`
   */
  authMethod: z.enum(authMethods),
  /**
   * The key's id, with RSA and EC.
   * @example `Xq3v0WkYb2c9m1L8d7TnR4sE6uPzHaJfGiOoKxVtQwY`
   */
  keyId: text.optional(),
  /**
   * Where the application gets its tokens.
   * @example `https://eu.id.resistant.ai/oauth2/aus2un1hkrKhPjir4417/v1/token`
   */
  tokenUrl: text,
  /**
   * Where its credentials are stored, in AWS Secrets Manager.
   * @example `arn:aws:secretsmanager:eu-west-1:123456789012:secret:resistant-tenants/production/acme/eu-1/default-x7Qp2a`
   */
  secretArn: text,
  /**
   * When it was created: RFC 3339, UTC.
   * @example `2026-03-01T09:30:02.418Z`
   */
  createdAt: text,
  /**
   * When its credentials were last rotated; missing if never.
   * @example `2026-06-01T04:00:11.002Z`
   */
  rotatedAt: text.optional(),
});

/** Reads what a stack records of one customer; fields of a later version are omitted. */
export const customerRecordSchema = z.object({
  /**
   * The tenant's id.
   * @example `aQ3mZ8kT1xW`
   */
  tenantId: text,
  /**
   * The tenant's name.
   * @example `acme`
   */
  name: text,
  /**
   * The partner's own identifier.
   * @example `CRM-1042`
   */
  customerId: text,
  /**
   * The vendor's environment it is in.
   * @example `production`
   */
  stage: z.enum(stages),
  /**
   * The cells it has applications in.
   * @example `["eu-1", "us-1"]`
   */
  cells: cellList,
  /**
   * The cells where the Web UI is reachable.
   * @example `["eu-1"]`
   */
  uiCells: cellList,
  /**
   * The Web UI's https URL per cell.
   * @example `{ "eu-1": "https://acme-partner.documents.resistant.ai" }`
   */
  webUiUrls: z.partialRecord(cell, text),
  /**
   * The claims that let a user of the partner's identity provider into the Web UI.
   * @example `{ readOnly: "aQ3mZ8kT1xW_RO", readWrite: "aQ3mZ8kT1xW_RW" }`
   */
  ssoClaims: z.object({ readOnly: text, readWrite: text }),
  /**
   * Whether it is in use, about to be deleted, or handed over.
   * @example `active`
   */
  status: z.enum(["active", "deprecated", "released"]),
  /**
   * Who is responsible for it at the partner; missing if not set.
   * @example `payments-team`
   */
  owner: text.optional(),
  /**
   * Who created or adopted it.
   * @example `jane@build-7`
   */
  createdBy: text,
  /**
   * When the vendor created the tenant, in the vendor's format.
   * @example `2026-03-01T09:30:00.000Z`
   */
  createdAt: text,
  /**
   * Its applications, one per cell and purpose.
   * @example `[{ cell: "eu-1", purpose: "default", … }]`
   */
  applications: z.array(applicationRecordSchema),
});

/** What a stack records of one application. No credential. */
export type ApplicationRecord = z.output<typeof applicationRecordSchema>;

/** What a stack records of one customer: the vendor's minimum fields to persist. */
export type CustomerRecord = z.output<typeof customerRecordSchema>;

/**
 * A stack's outputs, by the customer's name: the system of record. None is a credential, none is marked secret.
 *
 * @example
 * ```ts
 * const stack = new pulumi.StackReference("organization/resistant-tenants/prod");
 * const tenantIds = stack.requireOutput("tenantIds") as pulumi.Output<StackOutputs["tenantIds"]>;
 * export const tenantId = tenantIds.apply((ids) => ids["acme"]);
 * ```
 */
export interface StackOutputs {
  /**
   * The tenants' ids.
   * @example `{ acme: "aQ3mZ8kT1xW" }`
   */
  tenantIds: Record<string, CustomerRecord["tenantId"]>;
  /**
   * The Web UIs' https URLs per cell.
   * @example `{ acme: { "eu-1": "https://acme-partner.documents.resistant.ai" } }`
   */
  webUiUrls: Record<string, CustomerRecord["webUiUrls"]>;
  /**
   * The complete record of each.
   * @example `{ acme: { tenantId: "aQ3mZ8kT1xW", status: "active", … } }`
   */
  customers: Record<string, CustomerRecord>;
}
