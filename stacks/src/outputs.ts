import type * as pulumi from "@pulumi/pulumi";
import type { AuthMethod, Cell, Stage } from "pulumi-resistant-tenants";

import type { Customer, CustomerApplication, CustomerArgs } from "./customer";

/** What the stack records of one application. No credential. */
export interface ApplicationRecord {
  cell: Cell;
  purpose: string;
  applicationId: pulumi.Output<string>;
  clientId: pulumi.Output<string>;
  authMethod: AuthMethod;
  /** Of RSA and EC. */
  keyId?: pulumi.Output<string | undefined>;
  tokenUrl: pulumi.Output<string>;
  secretArn: pulumi.Output<string>;
  createdAt: pulumi.Output<string>;
}

/** What the stack records of one customer: the vendor's minimum fields to persist. */
export interface CustomerRecord {
  tenantId: pulumi.Output<string>;
  name: string;
  customerId: string;
  stage: Stage;
  /** The cells it has applications in. */
  cells: Cell[];
  /** The cells where the Web UI is reachable. */
  uiCells: pulumi.Output<Cell[]>;
  webUiUrls: pulumi.Output<Partial<Record<Cell, string>>>;
  ssoClaims: { readOnly: pulumi.Output<string>; readWrite: pulumi.Output<string> };
  status: CustomerArgs["status"];
  owner?: string;
  createdBy: pulumi.Output<string>;
  createdAt: pulumi.Output<string>;
  applications: ApplicationRecord[];
}

/** The stack's outputs, by the customer's name: the system of record. None is a credential, none is marked secret. */
export interface StackOutputs {
  tenantIds: Record<string, pulumi.Output<string>>;
  webUiUrls: Record<string, pulumi.Output<Partial<Record<Cell, string>>>>;
  customers: Record<string, CustomerRecord>;
}

/** Builds the stack's outputs. */
export function toOutputs(
  customers: ReadonlyArray<{ args: CustomerArgs; customer: Customer }>,
): StackOutputs {
  return {
    tenantIds: Object.fromEntries(
      customers.map(({ args, customer }) => [args.name, customer.tenant.tenantId]),
    ),
    webUiUrls: Object.fromEntries(
      customers.map(({ args, customer }) => [args.name, customer.tenant.webUiUrls]),
    ),
    customers: Object.fromEntries(
      customers.map(({ args, customer }) => [args.name, toCustomerRecord(args, customer)]),
    ),
  };
}

function toCustomerRecord(args: CustomerArgs, { tenant, applications }: Customer): CustomerRecord {
  return {
    tenantId: tenant.tenantId,
    name: args.name,
    customerId: args.customerId,
    stage: args.stage,
    cells: args.cells,
    uiCells: tenant.cells,
    webUiUrls: tenant.webUiUrls,
    ssoClaims: { readOnly: tenant.readOnlyClaim, readWrite: tenant.readWriteClaim },
    status: args.status,
    ...(args.owner === undefined ? {} : { owner: args.owner }),
    createdBy: tenant.createdBy,
    createdAt: tenant.createdAt,
    applications: applications.map(toApplicationRecord),
  };
}

function toApplicationRecord({
  application,
  secret,
  cell,
  purpose,
  authMethod,
}: CustomerApplication): ApplicationRecord {
  return {
    cell,
    purpose,
    applicationId: application.applicationId,
    clientId: application.clientId,
    authMethod,
    ...(authMethod === "CLIENT_SECRET" ? {} : { keyId: application.keyId }),
    tokenUrl: application.tokenUrl,
    secretArn: secret.arn,
    createdAt: application.createdAt,
  };
}
