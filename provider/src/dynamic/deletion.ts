import { assertGone, noteOrganizationKnown } from "./organization";
import { type Intention, mayBeDeletedBefore, record } from "./recorder";

/**
 * Deletes an object, on the record. One that is gone already is success, once it is certain that the credentials are
 * those of its organization, or where an earlier delete of ours may have been carried out.
 *
 * @param what names it: `Tenant "acme" (t-1)`
 * @param send asks the API to delete it; resolves with false where the API knew none
 */
export async function deleteOnRecord(
  intention: Omit<Intention, "operation">,
  what: string,
  send: () => Promise<boolean>,
): Promise<void> {
  const { type, slot, tenantId, applicationId } = intention;
  const objectId = (type === "Tenant" ? tenantId : applicationId) ?? "";
  const isExpectedGone = await mayBeDeletedBefore(type, slot, objectId);
  const recording = await record({ ...intention, operation: "delete" });
  try {
    const isDeleted = await send();
    if (isDeleted) noteOrganizationKnown();
    else if (!isExpectedGone) await assertGone(what);
    await recording.end({ outcome: isDeleted ? "deleted" : "gone" });
  } catch (error) {
    await recording.fail(error);
    throw error;
  }
}
