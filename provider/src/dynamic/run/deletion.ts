import type { Deletion } from "../../client/api";
import { TenantManagementError } from "../../client/errors";
import { UnknownOrganizationError } from "./known-objects";
import type { RecordedObject } from "./recorder";
import type { Run } from "./run";

/**
 * Deletes an object, and records it. An object that is certainly already deleted is a success.
 *
 * @param what names it: `Tenant "acme" (t-1)`
 * @param send sends the delete
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
    // After the stack's only tenant, nothing could show whose credentials these are.
    const isLikely = deletion === "perhapsDeleted" && object.type === "Tenant" && known.isOnlyTenantOfStack();
    if (deletion === "deleted") known.noteOrganizationKnown();
    else if (!isExpectedMissing && !isLikely) await confirmGone(run, what, deletion);
    await recording.end({ outcome: deletion === "missing" ? "gone" : "deleted" });
  } catch (error) {
    await recording.fail(error);
    throw error;
  }
}

/** Ensures that an object which a delete did not find is deleted, and not merely another organization's. */
async function confirmGone({ known }: Run, what: string, deletion: Deletion): Promise<void> {
  try {
    await known.assertGone(what);
  } catch (error) {
    const isUnconfirmed =
      error instanceof TenantManagementError && !(error instanceof UnknownOrganizationError);
    if (deletion !== "perhapsDeleted" || !isUnconfirmed) throw error;
    // That the list could not be read says nothing about the delete.
    const { message, status, isPermanent } = error;
    throw new TenantManagementError(
      "NO_ANSWER",
      `${message} ${what} was not found, and an earlier attempt to delete it, which was not answered as documented, may have been carried out.`,
      { ...(status === undefined ? {} : { status }), isPermanent, cause: error },
    );
  }
}

/**
 * Ensures that an object which the API does not find is deleted: the record shows that we deleted it, or the
 * credentials are those of its organization.
 *
 * @throws TenantManagementError `REFUSED`
 */
export async function assertMissing(run: Run, object: RecordedObject, what: string): Promise<void> {
  if (!(await isDeletedByUs(run, object))) await run.known.assertGone(what);
}

/** A crash may have come between the delete and the update of the state. */
function isDeletedByUs(
  { record }: Run,
  { type, slot, tenantId, applicationId }: RecordedObject,
): Promise<boolean> {
  return record.mayBeDeletedByUs(type, slot, (type === "Tenant" ? tenantId : applicationId) ?? "");
}
