import { messageOf } from "pulumi-resistant-tenants/client";
import type { StackRecord } from "pulumi-resistant-tenants/internal/journal";
import { provenance, reasonForChange } from "pulumi-resistant-tenants/internal/operator";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { UsageError } from "../usage";
import type { Stack } from "./stack";

/** Returns an environment with the given reason; without one, the environment stays as it is. */
export function withReason(
  environment: EnvironmentVariables,
  reason: string | undefined,
): EnvironmentVariables {
  return reason === undefined ? environment : { ...environment, TENANTS_REASON: reason };
}

/**
 * Returns the reason of a command that changes something.
 *
 * @throws UsageError if the stack's stage requires a reason and none is given
 */
export function reasonOf({ settings, environment }: Stack): string | undefined {
  try {
    return reasonForChange(settings, environment);
  } catch (error) {
    throw new UsageError(`${messageOf(error)} Or add --reason "<ticket or sentence>".`, { cause: error });
  }
}

/** Opens the record of a stack for a command that changes something. */
export async function recordOfStack(stack: Stack, reason: string | undefined): Promise<StackRecord> {
  const { name, journal, auditLog, aws, settings, environment } = stack;
  const { stage, apiUrl } = settings;
  const run = { ...(await provenance(aws, environment)), stage, apiUrl, reason };
  return { stack: name, journal, auditLog, run };
}
