import type * as pulumi from "@pulumi/pulumi";
import type {
  ApplicationRecord,
  CustomerRecord,
  StackOutputs as RecordedOutputs,
} from "pulumi-resistant-tenants";

import type { Customer, CustomerApplication, CustomerArgs } from "./customer";

/** A value as the program has it: each part of it may be an output still. */
type Pending<T> = pulumi.Input<T extends object ? { [Key in keyof T]: Pending<T[Key]> } : T>;

/** The parts of the outputs as the program has them. */
type PendingFields<T> = { [Key in keyof T]: Pending<T[Key]> };

/** The stack's outputs as the program gives them to the engine. */
export type StackOutputs = PendingFields<RecordedOutputs>;

/**
 * Builds the stack's outputs.
 *
 * @param released the records of the customers that were handed over: they stay as they were
 */
export function toOutputs(
  customers: ReadonlyArray<{ args: CustomerArgs; customer: Customer }>,
  released: readonly CustomerRecord[],
): StackOutputs {
  const provided = customers.map(({ args, customer }) => toCustomerRecord(args, customer));
  const byName = <T>(value: (record: PendingFields<CustomerRecord>) => T): Record<string, T> =>
    Object.fromEntries([...provided, ...released].map((record) => [record.name as string, value(record)]));
  return {
    tenantIds: byName(({ tenantId }) => tenantId),
    webUiUrls: byName(({ webUiUrls }) => webUiUrls),
    customers: byName((record) => record),
  };
}

function toCustomerRecord(
  args: CustomerArgs,
  { tenant, applications }: Customer,
): PendingFields<CustomerRecord> {
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
  rotatedAt,
}: CustomerApplication): PendingFields<ApplicationRecord> {
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
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
  };
}
