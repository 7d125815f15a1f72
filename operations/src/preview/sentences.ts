import { describeSetting } from "resistant-tenants-stacks/plan";

import type { Change } from "./change";
import { isEmpty, type Summary } from "./summary";

/** Writes which settings change, and which hosts are allowed. */
export function settingLines(
  summary: Pick<Summary, "settings" | "isFirst" | "allowedHosts" | "digest">,
): string[] {
  const { settings, isFirst, allowedHosts } = summary;
  // Before the first customer, nothing records settings.
  const told = isFirst && isEmpty(summary) ? [] : settings;
  return [
    ...told.map((change) =>
      isFirst
        ? `setting ${change.setting}: ${change.isSecret === true ? "secret" : (change.after ?? "none")}`
        : `settings changed: ${describeSetting(change)}`,
    ),
    ...(allowedHosts.length === 0
      ? []
      : [`hosts allowed besides the vendor's (TENANTS_ALLOWED_HOSTS): ${allowedHosts.join(", ")}`]),
  ];
}

/** Writes what happens to a customer that is handed over. The engine's steps show whether anything is deleted. */
export function handedOver(customer: string, changes: readonly Change[]): string {
  const isDeleting = changes.some((change) => change.customer === customer && deletes(change));
  return `customer ${customer}: handed over${isDeleting ? "" : "; nothing is deleted"}`;
}

/** Resources that are handed over or forgotten with their customer need no line, unless something is deleted. */
export function changesToList({ changes, customers }: Summary): Change[] {
  const leaving = new Set([...customers.handedOver, ...customers.forgotten]);
  return changes.filter((change) => !leaving.has(change.customer) || deletes(change));
}

/** A component exists only in the state. */
function deletes({ kind, type }: Change): boolean {
  return (
    (kind === "removed" || kind === "retired" || kind === "replaced") && !type.startsWith("resistant:index:")
  );
}
