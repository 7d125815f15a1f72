import * as pulumi from "@pulumi/pulumi";
import type {
  ApplicationRecord,
  CustomerRecord,
  StackOutputs as RecordedOutputs,
} from "pulumi-resistant-tenants";
import { hasKey } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Customer, CustomerApplication, CustomerArgs } from "../customer/customer";
import type { LastRecords } from "../values/last-records";
import { settle } from "../values/settle";

/** A value in the program: each part of it may still be an output. */
type Pending<T> = pulumi.Input<T extends object ? { [Key in keyof T]: Pending<T[Key]> } : T>;

/** The parts of a value in the program. */
export type PendingFields<T> = { [Key in keyof T]: Pending<T[Key]> };

/** The stack's outputs as the program passes them to the engine. */
export type StackOutputs = PendingFields<RecordedOutputs>;

/** A customer that the stack provides. */
export interface Provided {
  args: CustomerArgs;
  customer: Customer;
}

/** The record of each customer at the end of an update. */
export interface SettledRecords {
  /** The customers' records. */
  records: CustomerRecord[];
  /** The customers without a new record: the last one was kept, or there is none yet. */
  notRecorded: Map<string, "kept" | "none">;
}

/** Builds the outputs of an update. */
export function recordedOutputs(records: readonly CustomerRecord[]): RecordedOutputs {
  const byName = <T>(value: (record: CustomerRecord) => T): Record<string, T> =>
    Object.fromEntries(records.map((record) => [record.name, value(record)]));
  return {
    tenantIds: byName(({ tenantId }) => tenantId),
    webUiUrls: byName(({ webUiUrls }) => webUiUrls),
    customers: byName((record) => record),
  };
}

/**
 * Waits for the records of all customers. One that has failed, or that the update omits (`--target`,
 * `--exclude`), keeps its last record, if it has one.
 *
 * @param failed Resolves with the names of the customers with a failed resource.
 */
export async function settleRecords(
  provided: readonly Provided[],
  last: Promise<LastRecords>,
  failed: Promise<ReadonlySet<string>>,
): Promise<SettledRecords> {
  // All are awaited from the start: a rejection that no one awaits when it occurs is an error of the program.
  const settling = provided.map(({ args, customer }) =>
    settle<CustomerRecord>(toCustomerRecord(args, customer)),
  );
  const [settled, lastRecords, failedNames] = await Promise.all([Promise.all(settling), last, failed]);
  const records = settled.flatMap((record, index) => {
    const name = provided[index]?.args.name ?? "";
    const isWhole = record.kind === "known" && !failedNames.has(name);
    return { name, isWhole, record: isWhole ? record.value : lastRecords.get(name) };
  });
  return {
    records: records.flatMap(({ record }) => record ?? []),
    notRecorded: new Map(
      records
        .filter(({ isWhole }) => !isWhole)
        .map(({ name, record }) => [name, record === undefined ? "none" : "kept"] as const),
    ),
  };
}

/** Returns the record of a customer in the program. */
export function toCustomerRecord(
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
    ...(hasKey(authMethod) ? { keyId: application.keyId } : {}),
    tokenUrl: application.tokenUrl,
    secretArn: secret.arn,
    createdAt: application.createdAt,
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
  };
}
