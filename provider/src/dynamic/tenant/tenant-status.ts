import type { SlotInput } from "../../names/slot";
import type { Run } from "../run/run";
import type { Inputs } from "./tenant-model";

/** Whether a tenant may be deleted in production. */
export type TenantStatus = NonNullable<Inputs["status"]>;

/** Returns the status of a tenant as declared, or as in the state. */
export function statusOf({ status }: { status?: unknown }): TenantStatus {
  return status === "deprecated" ? "deprecated" : "active";
}

/**
 * Records a change of a tenant's status. Nothing is sent: the deletion guard uses only the record.
 *
 * @returns Resolves with the status that is then on record.
 * @throws TenantManagementError `INPUT_INVALID` if it cannot be recorded, or a required reason is missing
 */
export async function recordStatus(
  { record }: Run,
  slot: SlotInput,
  tenantId: string,
  before: TenantStatus,
  after: TenantStatus,
): Promise<TenantStatus> {
  const recording = await record.start({
    type: "Customer",
    operation: after === "deprecated" ? "deprecate" : "activate",
    slot,
    tenantId,
    parameters: { before: { status: before }, after: { status: after } },
  });
  const where = await recording.end({ outcome: "changed" });
  return where === undefined ? before : after;
}
