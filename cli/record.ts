import { messageOf } from "pulumi-resistant-tenants/client";
import type { StackRecord } from "pulumi-resistant-tenants/internal/journal";
import { provenance, reasonForChange } from "pulumi-resistant-tenants/internal/operator";

import { UsageError } from "./exit-codes";
import type { Stack } from "./stack";

/**
 * Gives the reason of a command that changes something.
 *
 * @throws UsageError where the stack's stage requires one and there is none
 */
export function reasonOf({ settings }: Stack): string | undefined {
  try {
    return reasonForChange(settings);
  } catch (error) {
    throw new UsageError(`${messageOf(error)} Or give --reason "<ticket or sentence>".`, { cause: error });
  }
}

/** Opens the record of a stack, for a command that changes something. */
export async function recordOfStack(stack: Stack, reason: string | undefined): Promise<StackRecord> {
  const { name, journal, auditLog, aws, settings } = stack;
  const { stage, apiUrl } = settings;
  const run = { ...(await provenance(aws)), stage, apiUrl, reason };
  return { stack: name, journal, auditLog, run };
}
