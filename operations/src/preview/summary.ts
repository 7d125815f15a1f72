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

/** What an update would do, for the people who review it. It holds no value that is secret. */
export interface Summary {
  /** The same for two previews that would do the same; `none` where nothing would change. */
  digest: string;
  customers: Record<"added" | "adopted" | "removed" | "changed" | "handedOver" | "forgotten", string[]>;
  /** Customers whose tenant, and what they have in it, would be deleted and made anew. */
  replacedTenants: string[];
  changes: Change[];
  /** What programs and people notice of it, in words, the gravest first. */
  consequences: ToldConsequence[];
  /** Settings that are another than at the last `up`; of a first one, all. */
  settings: SettingChange[];
  isFirst: boolean;
  /** What is declared otherwise than at the last `up` and no resource shows. */
  declared: DeclaredChange[];
  /** What changes with the next generation of credentials, and when. */
  waiting: string[];
  /** The hosts that the environment allows beside the vendor's own. */
  allowedHosts: string[];
}

/** One field of a customer or an application that is declared otherwise. */
export interface DeclaredChange extends Detail {
  name: string;
}

/** Sums up a preview. */
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
  return {
    digest: digestOf(steps, changes, report),
    customers: {
      ...whole,
      changed: [...new Set(changed)].filter((name) => !Object.values(whole).flat().includes(name)).sort(),
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

/** Tells whether a summary is that of a preview in which nothing would change. */
export function isEmpty({ digest }: Pick<Summary, "digest">): boolean {
  return digest === "none";
}

function customersOf(changes: readonly Change[], subject: Change["subject"], kind: ChangeKind): string[] {
  const found = changes.filter((change) => change.subject === subject && change.kind === kind);
  return [...new Set(found.map(({ customer }) => customer))];
}

/** What a resource shows already is not told twice. */
function declaredOf(report: PlanReport | undefined, changes: readonly Change[]): DeclaredChange[] {
  return (report?.declared ?? [])
    .map(({ subject, field, before, after }) => ({
      name: subject,
      what: fieldLabel(field),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }))
    .filter(
      ({ name, what }) =>
        !changes.some((change) => change.name === name && change.details.some((one) => one.what === what)),
    );
}

/**
 * Makes the digest from the engine's own steps and inputs, where a changed scope shows though no name does, and from
 * what the program adds to them.
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
