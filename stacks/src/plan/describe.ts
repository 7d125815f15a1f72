import type { FieldChange, GenerationsReport, PlanReport, SettingChange } from "./report";

/** The displayed names of a declaration's fields. */
const labels: Readonly<Record<string, string>> = {
  customerId: "customer id",
  uiCells: "Web UI cells",
  authMethod: "authentication method",
  publicKey: "public key",
  keyId: "key id",
  every: "rotated every",
  rotateAt: "rotated at",
  changes: "changes take effect",
};

/** Returns the displayed name of a declaration's field. */
export function fieldLabel(field: string): string {
  return labels[field] ?? field;
}

/** Describes a report for people: settings, declarations, and waiting changes. */
export function describeReport(report: PlanReport): string[] {
  const waiting = report.generations.filter(({ waits }) => waits);
  const waitingFields = new Set(
    waiting.flatMap(({ slot, changes }) => changes.map(({ field }) => `${slot} ${field}`)),
  );
  const isWaiting = ({ subject, field }: FieldChange): boolean => waitingFields.has(`${subject} ${field}`);
  return [
    ...describeSettings(report),
    ...report.declared.filter((change) => !isWaiting(change)).map(describeField),
    ...waiting.flatMap(describeWaiting),
  ];
}

function describeSettings({ isFirst, settings }: PlanReport): string[] {
  if (!isFirst) return settings.map((change) => `settings changed: ${describeSetting(change)}`);
  if (settings.length === 0) return [];
  return [
    `settings: ${settings.map(({ setting, isSecret, after }) => `${setting}: ${isSecret === true ? "secret" : (after ?? "")}`).join(", ")}`,
  ];
}

/** Writes one changed setting: `journal: a → b`, or `privateKey: changed`. */
export function describeSetting({ setting, isSecret, before, after }: SettingChange): string {
  return `${setting}: ${isSecret === true ? "changed" : fromTo(before, after)}`;
}

/** Writes one changed field: `acme/eu-1/default: overlap: 7d → 1d`. */
export function describeField({ subject, field, before, after }: FieldChange): string {
  return `${subject}: ${fieldLabel(field)}: ${fromTo(before, after)}`;
}

function fromTo(before: string | undefined, after: string | undefined): string {
  return `${before ?? "none"} → ${after ?? "none"}`;
}

/** Describes what the next generation of a slot will be created with, and when. */
export function describeWaiting({ slot, changes, due }: GenerationsReport): string[] {
  const when =
    due === undefined
      ? "when the credentials are rotated next"
      : `when the credentials are rotated next, on ${due.slice(0, 10)}`;
  return changes.map(
    ({ field, after }) =>
      `${fieldLabel(field)} of ${slot} ${field === "scopes" ? "change" : "changes"} to ${after ?? "none"} ${when}`,
  );
}
