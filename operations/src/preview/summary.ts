import { createHash } from "node:crypto";

import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";
import {
  describeConsequences,
  describeWaiting,
  fieldLabel,
  type PlanReport,
  type SettingChange,
  type ToldConsequence,
} from "resistant-tenants-stacks/plan";

import { type Change, type ChangeKind, changesOf } from "./change";
import type { Detail } from "./details";
import { decidingOptions } from "./options";
import type { Preview, Step } from "./step";

/** What an update would do, for the people who review it. It contains no secret value. */
export interface Summary {
  /** The same for two previews that would do the same; `none` if nothing would change. */
  digest: string;
  customers: Record<"added" | "adopted" | "removed" | "changed" | "handedOver" | "forgotten", string[]>;
  /** Customers whose tenant, with its contents, would be deleted and created again. */
  replacedTenants: string[];
  changes: Change[];
  /** What programs and people will notice, in words, the most serious first. */
  consequences: ToldConsequence[];
  /** Settings that differ from the last `up`; at the first one, all. */
  settings: SettingChange[];
  isFirst: boolean;
  /** Declared changes since the last `up` that no resource shows. */
  declared: DeclaredChange[];
  /** Changes that wait for the next generation of credentials, and when it is due. */
  waiting: string[];
  /** The hosts that the environment allows in addition to the vendor's. */
  allowedHosts: string[];
}

/** One changed field of a customer or an application. */
export interface DeclaredChange extends Detail {
  name: string;
}

/** Summarizes a preview. */
export function summaryOf({ steps, report }: Pick<Preview, "steps" | "report">): Summary {
  const changes = changesOf(steps);
  const whole = {
    added: customersOf(changes, "tenant", "added"),
    adopted: customersOf(changes, "tenant", "adopted"),
    removed: customersOf(changes, "tenant", "removed"),
    handedOver: customersOf(changes, "tenant", "handed over"),
    forgotten: customersOf(changes, "other", "forgotten"),
  };
  const declared = declaredOf(report, changes);
  const changed = [
    ...changes.map(({ customer }) => customer),
    ...declared.map(({ name }) => customerOf(name)),
  ];
  const changedAsWhole = new Set(Object.values(whole).flat());
  return {
    digest: digestOf(steps, changes, report),
    customers: {
      ...whole,
      changed: [...new Set(changed)].filter((name) => !changedAsWhole.has(name)).sort(),
    },
    replacedTenants: customersOf(changes, "tenant", "replaced"),
    changes,
    consequences: describeConsequences(report?.consequences ?? []),
    settings: report?.settings ?? [],
    isFirst: report?.isFirst ?? false,
    declared,
    waiting: (report?.generations ?? []).filter(({ waits }) => waits).flatMap(describeWaiting),
    allowedHosts: report?.allowedHosts ?? [],
  };
}

/** Returns whether the preview would change nothing. */
export function isEmpty({ digest }: Pick<Summary, "digest">): boolean {
  return digest === "none";
}

function customersOf(changes: readonly Change[], subject: Change["subject"], kind: ChangeKind): string[] {
  const found = changes.filter((change) => change.subject === subject && change.kind === kind);
  return [...new Set(found.map(({ customer }) => customer))];
}

/** A change that a resource already shows is not reported twice. */
function declaredOf(report: PlanReport | undefined, changes: readonly Change[]): DeclaredChange[] {
  const shown = new Set(changes.flatMap(({ name, details }) => details.map(({ what }) => `${name} ${what}`)));
  return (report?.declared ?? [])
    .map(({ subject, field, before, after }) => ({
      name: subject,
      what: fieldLabel(field),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }))
    .filter(({ name, what }) => !shown.has(`${name} ${what}`));
}

/**
 * Computes the digest from the engine's steps and inputs, which show every change of a scope even if no name
 * changes, and from what the program adds.
 */
function digestOf(
  steps: readonly Step[],
  changes: readonly Change[],
  report: PlanReport | undefined,
): string {
  const isSame =
    report === undefined ||
    (report.declared.length === 0 && (report.isFirst || report.settings.length === 0));
  if (changes.length === 0 && isSame) return "none";
  const changed = new Set(changes.map(({ type, name }) => `${type} ${name}`));
  const lines = steps
    .filter(({ type, name }) => changed.has(`${type} ${name}`))
    .map(({ operation, urn, inputs, before, after }) =>
      JSON.stringify([
        operation,
        urn,
        sorted(inputs),
        before?.protect,
        after?.protect,
        sorted(before === undefined ? {} : decidingOptions(before)),
        sorted(after === undefined ? {} : decidingOptions(after)),
      ]),
    )
    .sort();
  return createHash("sha256")
    .update([...lines, JSON.stringify(sorted(report))].join("\n"))
    .digest("hex")
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, each]) => [key, sorted(each)]);
}
