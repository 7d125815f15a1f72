import { describeSetting } from "resistant-tenants-stacks/plan";

import type { Change } from "./change";
import { isEmpty, type Summary } from "./summary";

/** Says which settings change, and which hosts are allowed. */
export function settingLines(
  summary: Pick<Summary, "settings" | "isFirst" | "allowedHosts" | "digest">,
): string[] {
  const { settings, isFirst, allowedHosts } = summary;
  // Until there is a first customer, nothing records them.
  const told = isFirst && isEmpty(summary) ? [] : settings;
  return [
    ...told.map((change) =>
      isFirst
        ? `setting ${change.setting}: ${change.isSecret === true ? "secret" : (change.after ?? "none")}`
        : `settings changed: ${describeSetting(change)}`,
    ),
    ...(allowedHosts.length === 0
      ? []
      : [`hosts allowed beside the vendor's (TENANTS_ALLOWED_HOSTS): ${allowedHosts.join(", ")}`]),
  ];
}

/** Says what becomes of a customer that is handed over: whether anything goes is told by the engine's own steps. */
export function handedOver(customer: string, changes: readonly Change[]): string {
  const isDeleting = changes.some((change) => change.customer === customer && deletes(change));
  return `customer ${customer}: handed over${isDeleting ? "" : "; nothing is deleted"}`;
}

/** What is handed over or forgotten with its customer needs no line of its own, unless something is deleted. */
export function changesToList({ changes, customers }: Summary): Change[] {
  const leaving = new Set([...customers.handedOver, ...customers.forgotten]);
  return changes.filter((change) => !leaving.has(change.customer) || deletes(change));
}

/** A component is a name and nothing beyond the state. */
function deletes({ kind, type }: Change): boolean {
  return (
    (kind === "removed" || kind === "retired" || kind === "replaced") && !type.startsWith("resistant:index:")
  );
}
