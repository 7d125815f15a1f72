import type { RecordedType } from "./event";

/**
 * The parameters that are recorded of each type. What is not named here is not recorded, whatever a caller passes: so
 * a parameter that is added one day, and could be a credential, stays out until someone has looked at it.
 */
const recordedParameters: Record<RecordedType, readonly string[]> = {
  Tenant: ["name", "cells", "adopt"],
  TenantApplication: ["cell", "scopes", "authMethod", "keyId"],
  Lock: ["locks"],
  PendingOperation: ["urns"],
  EmptySecret: ["arn", "secretName"],
};

/** Picks the parameters that are recorded of a type. */
export function toRecordedParameters(
  type: RecordedType,
  parameters: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => recordedParameters[type].includes(name)),
  );
}
