import type { SlotInput } from "../../names/slot";
import type { Run } from "../run/run";
import type { Inputs } from "./tenant-model";

/** Whether a tenant may be deleted in production. */
export type TenantStatus = NonNullable<Inputs["status"]>;

/** Gives the status of a tenant, as it is declared, or as the state has it. */
export function statusOf({ status }: { status?: unknown }): TenantStatus {
  return status === "deprecated" ? "deprecated" : "active";
}

/**
 * Records a change of a tenant's status. Nothing is sent: the deletion guard goes by the record alone.
 *
 * @returns Resolves with the status as it is on record then.
 * @throws TenantManagementError `INPUT_INVALID` where it cannot be recorded, or has no reason where it needs one
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
