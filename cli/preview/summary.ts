import { createHash } from "node:crypto";

import { type Change, type ChangeKind, changesOf, slotOf } from "./change";
import type { Step } from "./step";

/** What an update would do, for the people who review it. It holds names, and no value of anything. */
export interface Summary {
  /** The same for two previews that would do the same; `none` where nothing would change. */
  digest: string;
  customers: Record<"added" | "adopted" | "removed" | "changed", string[]>;
  /** Customers whose tenant, and what they have in it, would be deleted and made anew. */
  replacedTenants: string[];
  changes: Change[];
}

/** Sums up the steps of a preview. */
export function summaryOf(steps: readonly Step[]): Summary {
  const changes = changesOf(steps);
  const tenants = changes.filter(({ subject }) => subject === "tenant");
  const named = (kind: ChangeKind): string[] =>
    tenants.filter((change) => change.kind === kind).map(({ customer }) => customer);
  const [added, adopted, removed] = [named("added"), named("adopted"), named("removed")];
  const others = changes
    .map(({ customer }) => customer)
    .filter((customer) => ![...added, ...adopted, ...removed].includes(customer));
  return {
    digest: digestOf(steps, changes),
    customers: { added, adopted, removed, changed: [...new Set(others)].sort() },
    replacedTenants: named("replaced"),
    changes,
  };
}

/** Tells what in a summary is neither a rotation nor the retirement of an application that was rotated before. */
export function beyondRotation({ changes }: Summary): Change[] {
  const rotating = new Set(
    changes.filter(({ kind }) => kind === "rotated" || kind === "retired").map(({ name }) => slotOf(name)),
  );
  return changes.filter(({ subject, kind, name }) => {
    if (kind === "rotated" || kind === "retired" || subject === "secret value") return false;
    return !(subject === "secret" && kind === "changed" && rotating.has(slotOf(name)));
  });
}

/** Makes the digest from the engine's own steps and inputs: a changed scope shows, though no name does. */
function digestOf(steps: readonly Step[], changes: readonly Change[]): string {
  if (changes.length === 0) return "none";
  const changed = new Set(changes.map(({ type, name }) => `${type} ${name}`));
  const lines = steps
    .filter(({ type, name }) => changed.has(`${type} ${name}`))
    .map(({ operation, urn, inputs }) => JSON.stringify([operation, urn, sorted(inputs)]))
    .sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, each]) => [key, sorted(each)]);
}
