import type { Change } from "resistant-tenants-operations/preview/change";
import type { Preview } from "resistant-tenants-operations/preview/step";
import { isEmpty, type Summary, summaryOf } from "resistant-tenants-operations/preview/summary";

import { digestOf } from "../records/canonical";
import type { Entry } from "../requests/entry";
import type { RequestKind } from "../requests/request";
import type { Touch } from "../requests/touches";
import type { StartingState } from "./starting-state";

/** What one stack's part of a plan wants, and what it starts from. */
export interface PlanPart {
  customer: string;
  stack: string;
  /** The entries of `tenants:customers` that are applied. */
  entries: readonly Entry[];
  /** The digest of the stack's state. */
  startingState: string;
  isEmpty: boolean;
  /** The engine's steps that change something, with all that they are made of that is no secret: their digest. */
  steps: string;
  /** The URNs that these steps change. */
  urns: string[];
  changes: Change[];
  /** What people and programs notice of it. */
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
  /** The names of the secrets that it stores credentials in, by the application's slot. */
  secrets: Record<string, string>;
}

/** What an approval is given for: the digest is taken of this, and the plan's words are made from this. No secret. */
export interface PlanFacts {
  version: 1;
  kind: RequestKind;
  stage: string;
  parts: PlanPart[];
  /** The digest of the stage's settings. */
  settings: string;
  versions: { program: string; engine: string };
  /** The policy pack, and what it says of the plan; a plan that breaks a mandatory rule is none. */
  policy: { pack: string | null; verdict: "passed" | "none" };
  /** What it touches that a broken glass does not do for. */
  touches: Touch[];
}

/** Operations of the engine that change nothing. */
const unchanging = new Set(["same", "refresh", "read"]);

/** Describes one stack's part of a plan from its preview. */
export function partOf(
  { customer, stack, entries }: Pick<PlanPart, "customer" | "stack" | "entries">,
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

/** Gives the digest that is approved. */
export function digestOfFacts(facts: PlanFacts): string {
  return digestOf(facts);
}

/** Types that are a name and nothing beyond the state. */
const isComponent = (type: string): boolean => type.startsWith("resistant:index:");
const deleting = new Set(["removed", "retired", "replaced"]);
const hostSettings = new Set(["apiUrl", "tokenUrl", "allowed hosts"]);

/** Tells what a plan touches that a broken glass does not do for. */
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
