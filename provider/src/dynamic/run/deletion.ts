import type { Deletion } from "../../client/api";
import type { Intention } from "./recorder";
import type { Run } from "./run";

/** An object of the stack's, as the record names it. */
export type RecordedObject = Pick<Intention, "type" | "slot" | "tenantId" | "applicationId">;

/**
 * Deletes an object, on the record. One that is gone already is success, once it is certain that it is gone.
 *
 * @param what names it: `Tenant "acme" (t-1)`
 * @param send asks the API to delete it
 */
export async function deleteOnRecord(
  run: Run,
  object: RecordedObject,
  what: string,
  send: () => Promise<Deletion>,
): Promise<void> {
  const { known, record } = run;
  const isExpectedMissing = await isDeletedByUs(run, object);
  const recording = await record.start({ ...object, operation: "delete" });
  try {
    const deletion = await send();
    // Of the stack's only tenant nothing is left that could tell whose credentials these are.
    const isLikely = deletion === "perhapsDeleted" && object.type === "Tenant" && known.isOnlyTenantOfStack();
    if (deletion === "deleted") known.noteOrganizationKnown();
    else if (!isExpectedMissing && !isLikely) await known.assertGone(what);
    await recording.end({ outcome: deletion === "missing" ? "gone" : "deleted" });
  } catch (error) {
    await recording.fail(error);
    throw error;
  }
}

/**
 * Makes sure that an object that the API does not find is gone: by our own hand, as the record says, or because the
 * credentials are those of its organization.
 *
 * @throws TenantManagementError `REFUSED`
 */
export async function assertMissing(run: Run, object: RecordedObject, what: string): Promise<void> {
  if (!(await isDeletedByUs(run, object))) await run.known.assertGone(what);
}

/** A crash may have come between a delete and the state. */
function isDeletedByUs(
  { record }: Run,
  { type, slot, tenantId, applicationId }: RecordedObject,
): Promise<boolean> {
  return record.mayBeDeletedByUs(type, slot, (type === "Tenant" ? tenantId : applicationId) ?? "");
}
