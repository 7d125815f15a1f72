import { describeEntries } from "resistant-tenants-operations/entry/entry";
import { type Finding, findingTitles } from "resistant-tenants-operations/reconcile/finding";
import type { Reconciliation } from "resistant-tenants-operations/reconcile/reconcile";
import type { Stack } from "resistant-tenants-operations/stack/stack";

import { json, line, table } from "./output";

/** The findings and repairs of one run. */
export interface Report extends Reconciliation {
  /** What `--fix` did before the comparison, if it was given. */
  done: readonly string[];
}

/** Prints a report as JSON. */
export function reportAsJson(report: Report): void {
  json(toJsonReport(report));
}

/** Returns a report in its JSON form. */
export function toJsonReport({ stack, counts, warnings, findings, entries, done }: Report): object {
  return {
    stack: stack.name,
    stage: stack.settings.stage,
    apiUrl: stack.settings.apiUrl,
    journal: { location: stack.journal.location, events: counts.events },
    state: counts.state,
    api: counts.api,
    warnings,
    done,
    findings: findings.map(({ kind, severity, fix, ...finding }) => ({
      kind,
      severity,
      isFixable: fix !== undefined,
      stage: stack.settings.stage,
      ...finding,
    })),
    entries,
  };
}

/** Prints a report for people. */
export function reportAsText({ stack, counts, warnings, findings, entries, done }: Report): void {
  const { events, state, api } = counts;
  line(`Stack ${stack.name}, stage ${stack.settings.stage} (${stack.settings.apiUrl})`);
  line(`Journal ${stack.journal.location}: ${events} events`);
  line(`State: tenants ${state.tenants}, applications ${state.applications}`);
  line(`API: tenants ${api.tenants} in the organization, applications ${api.applications} in this stack's`);
  for (const warning of warnings) line(`Warning: ${warning}`);
  for (const each of done) line(`Done: ${each}`);
  line();
  if (findings.length === 0) {
    line("The journal, the state and the API agree.");
    return;
  }
  table(
    ["", "finding", "slot", "tenant", "cell", "application", "client"],
    findings.map((finding, index) => [
      String(index + 1),
      `${findingTitles[finding.kind]}${finding.severity === "note" ? " (note)" : ""}`,
      finding.slot,
      tenantOf(finding),
      finding.cell,
      finding.applicationId,
      finding.clientId,
    ]),
    ["client", "application", "cell", "tenant"],
  );
  for (const [index, finding] of findings.entries()) {
    line();
    line(`${index + 1}. ${titleOf(finding, stack)}`);
    line(`   ${finding.why}`);
    for (const each of finding.next) line(`   → ${each}`);
  }
  for (const each of describeEntries(entries, stack)) line(each);
}

function tenantOf({ tenantId, tenantName }: Finding): string | undefined {
  return tenantName === undefined ? tenantId : `${tenantName} ${tenantId ?? ""}`.trim();
}

/** Names a finding for a support ticket: with the stage, the cell and the ids. */
function titleOf(finding: Finding, { settings }: Stack): string {
  const { kind, slot, cell, tenantId, tenantName, applicationId, clientId } = finding;
  const parts = [
    slot,
    `stage ${settings.stage}`,
    cell === undefined ? undefined : `cell ${cell}`,
    tenantName === undefined ? undefined : `tenant "${tenantName}"`,
    tenantId === undefined ? undefined : `tenant_id ${tenantId}`,
    applicationId === undefined ? undefined : `application ${applicationId}`,
    clientId === undefined ? undefined : `client ${clientId}`,
  ];
  return `${findingTitles[kind]}: ${parts.filter((part) => part !== undefined).join(", ")}`;
}
