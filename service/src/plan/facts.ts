import type { Change } from "resistant-tenants-operations/preview/change";
import type { Preview } from "resistant-tenants-operations/preview/step";
import { isEmpty, type Summary, summaryOf } from "resistant-tenants-operations/preview/summary";

import type { Entry } from "../requests/entry";
import type { RequestKind } from "../requests/request";
import type { Touch } from "../requests/touches";
import { digestOf } from "../signing/signature";
import type { StartingState } from "./starting-state";

/** One stack's part of a plan: the wanted entries, and the starting state. */
export interface PlanPart {
  customer: string;
  stack: string;
  /** The entries of `tenants:customers` to apply. */
  entries: readonly Entry[];
  /** The digest of the stack's state. */
  startingState: string;
  isEmpty: boolean;
  /** The digest of the engine's changing steps, with all of their inputs that are not secret. */
  steps: string;
  /** The URNs that these steps change. */
  urns: string[];
  changes: Change[];
  /** What people and programs will notice. */
  summary: Pick<
    Summary,
    | "customers"
    | "replacedTenants"
    | "consequences"
    | "settings"
    | "isFirst"
    | "declared"
    | "waiting"
    | "allowedHosts"
  >;
  /** Until when the customer is needed, if that changes: a date; null for no date. */
  endsOn?: string | null;
  /** The names of the secrets for credentials, by the application's slot. */
  secrets: Record<string, string>;
}

/**
 * The content of an approval: the digest is computed from it, and the plan's words are derived from it. It
 * contains no secret.
 */
export interface PlanFacts {
  version: 1;
  kind: RequestKind;
  stage: string;
  parts: PlanPart[];
  /** The digest of the stage's settings. */
  settings: string;
  versions: { program: string; engine: string };
  /** The policy pack, and its verdict; a plan that breaks a mandatory rule does not exist. */
  policy: { pack: string | null; verdict: "passed" | "none" };
  /** What it touches that break-glass does not allow. */
  touches: Touch[];
}

/** Operations of the engine that change nothing. */
const unchanging = new Set(["same", "refresh", "read"]);

/** Describes one stack's part of a plan from its preview. */
export function partOf(
  { customer, stack, entries, ...more }: Pick<PlanPart, "customer" | "stack" | "entries" | "endsOn">,
  preview: Pick<Preview, "steps" | "report">,
  state: Pick<StartingState, "digest">,
): PlanPart {
  const {
    digest,
    changes,
    customers,
    replacedTenants,
    consequences,
    settings,
    isFirst,
    declared,
    waiting,
    allowedHosts,
  } = summaryOf(preview);
  const secrets = preview.steps.flatMap(({ type, name, inputs, after }) =>
    type.endsWith(":Secret") && after !== undefined && typeof inputs["name"] === "string"
      ? [[name, inputs["name"]] as const]
      : [],
  );
  return {
    customer,
    stack,
    entries,
    ...more,
    startingState: state.digest,
    isEmpty: isEmpty({ digest }),
    steps: digest,
    urns: preview.steps
      .filter(({ operation }) => !unchanging.has(operation))
      .map(({ urn }) => urn)
      .sort(),
    changes,
    summary: { customers, replacedTenants, consequences, settings, isFirst, declared, waiting, allowedHosts },
    secrets: Object.fromEntries(secrets),
  };
}

/** Returns the digest that is approved. */
export function digestOfFacts(facts: PlanFacts): string {
  return digestOf(facts);
}

/** Types that exist only in the state. */
const isComponent = (type: string): boolean => type.startsWith("resistant:index:");
const deleting = new Set(["removed", "retired", "replaced"]);
const hostSettings = new Set(["apiUrl", "tokenUrl", "allowed hosts"]);

/** Returns what a plan touches that break-glass does not allow. */
export function touchedBy({ kind, parts }: Pick<PlanFacts, "kind" | "parts">): Touch[] {
  const changes = parts.flatMap((part) => part.changes);
  const isDeleting =
    kind === "delete" || changes.some((change) => deleting.has(change.kind) && !isComponent(change.type));
  const hasReaders =
    changes.some(
      (change) => change.kind !== "added" && change.details.some(({ what }) => what === "readers"),
    ) || parts.some(({ entries }) => entries.some(namesReaders));
  const hasHosts = parts.some(
    ({ summary }) => !summary.isFirst && summary.settings.some(({ setting }) => hostSettings.has(setting)),
  );
  return [
    ...(isDeleting ? (["delete"] as const) : []),
    ...(hasReaders ? (["readers"] as const) : []),
    ...(hasHosts ? (["hosts"] as const) : []),
  ];
}

function namesReaders({ secrets }: Entry): boolean {
  return typeof secrets === "object" && secrets !== null && "readerRoleArns" in secrets;
}
