import { compareApplications } from "./applications";
import type { Comparison } from "./comparison";
import { compareCutOff } from "./cut-off";
import { type Finding, type FindingKind, findingTitles } from "./finding";
import { compareLeftovers } from "./leftovers";
import { compareSecrets } from "./secrets";
import { compareTenants } from "./tenants";
import { compareUnaccounted } from "./unaccounted";

const order = Object.keys(findingTitles) as FindingKind[];

/**
 * Compares the journal, the state and the API. It sends no request and changes nothing.
 *
 * @returns the differences, the most urgent first
 */
export function compare(comparison: Comparison): Finding[] {
  const cutOff = compareCutOff(comparison);
  const settled = new Set(cutOff.map(({ slot }) => slot));
  const objects = [...compareTenants(comparison), ...compareApplications(comparison)].filter(
    ({ kind, slot }) => kind !== "openIntent" || !settled.has(slot),
  );
  const findings = [
    ...comparison.unreadable.map(unreadableRecord),
    ...compareLeftovers(comparison),
    ...objects,
    ...compareSecrets(comparison, objects),
    ...cutOff,
    ...compareUnaccounted(comparison),
  ].map((finding) => leaveWhatMayBeOthers(finding, comparison));
  return (isPendingCreateNeeded(findings) ? findings.map(keepPendingCreate) : findings).toSorted(
    (a, b) =>
      Number(a.severity === "note") - Number(b.severity === "note") ||
      order.indexOf(a.kind) - order.indexOf(b.kind),
  );
}

/**
 * Returns whether pending creates must stay for now: without the journal, they are the only trace of why an
 * unmanaged tenant or application was created.
 */
export function isPendingCreateNeeded(findings: readonly Finding[]): boolean {
  return findings.some(
    ({ kind, slot }) => (kind === "unmanagedTenant" || kind === "unmanagedApplication") && slot !== undefined,
  );
}

function unreadableRecord(where: string): Finding {
  return {
    kind: "unreadableRecord",
    severity: "todo",
    why: `${where} is not a journal line that this version can read: the findings below are uncertain, and --fix does nothing. An update refuses it, too.`,
    next: ["use the version that wrote it, or find out who changed it, and restore it"],
  };
}

/** Deletes nothing that another stack has or may have, and prints no command that would. */
function leaveWhatMayBeOthers(finding: Finding, { elsewhere }: Comparison): Finding {
  const { fix, ...rest } = finding;
  if (fix?.action !== "deleteApplication" && fix?.action !== "deleteEmptySecret") return finding;
  const holder = fix.action === "deleteEmptySecret" ? elsewhere.holders.get(fix.arn) : undefined;
  if (holder !== undefined)
    return { ...rest, why: `${finding.why} Stack ${holder.stack} holds it: it is not changed.`, next: [] };
  const unread = [...elsewhere.unread.keys()];
  if (unread.length === 0) return finding;
  return {
    ...rest,
    why: `${finding.why} It stays until it is certain that no other stack holds it.`,
    next: unread.map((name) => `pulumi stack export --stack ${name} (this failed: see the warning)`),
  };
}

function keepPendingCreate(finding: Finding): Finding {
  const { fix, ...rest } = finding;
  if (fix?.action !== "clearPendingCreate") return finding;
  return {
    ...rest,
    why: `${finding.why} It stays until you have handled the unmanaged objects below: it is their only trace.`,
    next: finding.next.slice(1),
  };
}
