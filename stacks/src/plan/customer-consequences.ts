import type { ChangedCustomer } from "../record/customer-changes";
import type { Consequence } from "./consequence";

/** The key with which AWS encrypts a secret if none is given. */
const defaultKey = "alias/aws/secretsmanager";

/** Finds the consequences of the declared changes of one customer: who can read its secrets, and its status. */
export function customerConsequences({
  customer: subject,
  changes: { before, after },
  isCatchingUp,
}: ChangedCustomer): Consequence[] {
  if (isCatchingUp) return [];
  const isChanged = (path: string): boolean => path in after;
  const key = (value: unknown): string => (typeof value === "string" ? value : defaultKey);
  const found: Consequence[] = readersThatLose(
    subject,
    before["secrets.readerRoleArns"],
    after["secrets.readerRoleArns"],
  );
  if (isChanged("secrets.replicateFrom") && after["secrets.replicateFrom"] === null) {
    found.push({ kind: "replicasRemoved", subject });
  }
  if (isChanged("secrets.kmsKeyId")) {
    const [was, is] = [key(before["secrets.kmsKeyId"]), key(after["secrets.kmsKeyId"])];
    if (was !== is) found.push({ kind: "secretKeyChanged", subject, before: was, after: is });
  }
  if (before["status"] === "active" && after["status"] === "deprecated") {
    found.push({ kind: "deprecated", subject });
  }
  if (before["status"] === "deprecated" && after["status"] === "active") {
    found.push({ kind: "reactivated", subject });
  }
  return found;
}

/** No list leaves the roles as they are, and an empty one removes the restriction. */
function readersThatLose(subject: string, before: unknown, after: unknown): Consequence[] {
  if (!Array.isArray(after) || after.length === 0) return [];
  const now = after.map(String);
  if (!Array.isArray(before) || before.length === 0) {
    return [{ kind: "readersRemoved", subject, after: now.join(", ") }];
  }
  const removed = before.map(String).filter((role) => !now.includes(role));
  return removed.length === 0 ? [] : [{ kind: "readersRemoved", subject, before: removed.join(", ") }];
}
