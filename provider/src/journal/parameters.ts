import type { RecordedType } from "./event";

/**
 * The parameters that are recorded of each type. What is not named here is not recorded, whatever a caller passes: so
 * a parameter that is added one day, and could be a credential, stays out until someone has looked at it.
 */
const recordedParameters = {
  Tenant: ["name", "cells", "adopt", "to"],
  TenantApplication: ["cell", "scopes", "authMethod", "keyId", "adopt", "to"],
  Customer: ["before", "after"],
  Secret: ["arn", "secretName", "deletedAt"],
  Lock: ["locks"],
  PendingOperation: ["urns"],
  EmptySecret: ["arn", "secretName"],
} as const satisfies Record<RecordedType, readonly string[]>;

/** What may be recorded of what is asked for. */
export type RecordedParameters = Partial<Record<(typeof recordedParameters)[RecordedType][number], unknown>>;

/** Picks the parameters that are recorded of a type. */
export function toRecordedParameters(
  type: RecordedType,
  parameters: RecordedParameters,
): Record<string, unknown> {
  const names: readonly string[] = recordedParameters[type];
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.includes(name)));
}
