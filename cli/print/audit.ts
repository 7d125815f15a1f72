import type { Operation } from "resistant-tenants-operations/audit/operation";

import { json, line, table } from "./output";

/** Prints operations as a table, for people. */
export function showAsText(operations: readonly Operation[], location: string): void {
  line(`Journal ${location}: ${count(operations.length, "operation")}`);
  if (operations.length === 0) return;
  table(
    ["time", "actor", "operation", "slot", "ids", "outcome", "took", "reason"],
    operations.map((operation) => [
      operation.time,
      operation.actor,
      `${operation.operation} ${nouns[operation.type]}`,
      operation.slot,
      idsOf(operation),
      operation.outcome,
      operation.durationMs === undefined ? undefined : `${operation.durationMs} ms`,
      operation.reason,
    ]),
    ["took", "ids", "actor"],
  );
}

/** Prints operations as JSON. */
export function showAsJson(operations: readonly Operation[], location: string): void {
  json({ journal: location, operations });
}

const nouns: Record<Operation["type"], string> = {
  Tenant: "tenant",
  TenantApplication: "application",
  Customer: "customer",
  Secret: "secret",
  Lock: "lock",
  PendingOperation: "pending creates",
  EmptySecret: "empty secret",
};

function idsOf({ tenantId, applicationId, clientId }: Operation): string {
  return [
    tenantId === undefined ? undefined : `tenant ${tenantId}`,
    applicationId === undefined ? undefined : `application ${applicationId}`,
    clientId === undefined ? undefined : `client ${clientId}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** Writes a number with its noun. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
