import type { Declaration, DeclaredApplication } from "../fuzz/declared";
import type { LifecyclePlan, RunStep } from "../fuzz/plan";
import { Tally } from "../fuzz/tally";
import { allFaultKinds, describeFault, namesOf, type RequestFault, type RequestName } from "./faults";
import { type Finding, simulateLifecycle } from "./lifecycle";

const both = ["documents.submissions.read", "documents.submissions.write"] as const;
const ingest: DeclaredApplication = {
  cell: "eu-1",
  purpose: "ingest",
  scopes: [...both],
  authMethod: "CLIENT_SECRET",
};
const report: DeclaredApplication = { cell: "eu-1", purpose: "report", scopes: [both[0]], authMethod: "EC" };
const acme = { name: "acme", customerId: "CRM-1", status: "active", applications: [ingest] } as const;
const globex = { name: "globex", customerId: "CRM-2", status: "active", applications: [report] } as const;

/** Of the same kind as `report`, and of the same customer: by what the API tells, neither is the one or the other. */
const twin: DeclaredApplication = { ...report, purpose: "twin" };

/** The declarations of each lifecycle in which every pair of faults is tried, in the order of their updates. */
const lifecycles: Record<string, Declaration[]> = {
  "two customers are created; one is replaced in part, the other rotated; then one goes": [
    [
      { ...acme, applications: [ingest] },
      { ...globex, applications: [report] },
    ],
    [
      { ...acme, applications: [{ ...ingest, scopes: [both[0]] }] },
      { ...globex, applications: [{ ...report, authMethod: "CLIENT_SECRET" }] },
    ],
    [{ ...acme, applications: [{ ...ingest, scopes: [both[0]] }] }],
  ],
  "a customer's equal applications are created; both get a secret; then one goes": [
    [{ ...globex, applications: [report, twin] }],
    [{ ...globex, applications: [report, twin].map((one) => ({ ...one, authMethod: "CLIENT_SECRET" })) }],
    [{ ...globex, applications: [{ ...report, authMethod: "CLIENT_SECRET" }] }],
  ],
};

/** A lifecycle in which every pair of faults is tried, in one serial order. */
export interface PairsPlan extends LifecyclePlan {
  name: string;
}

/** The lifecycles in which pairs of faults are tried, with and without `tenants:replaceLostApplications`. */
export function pairsPlans(): PairsPlan[] {
  return Object.entries(lifecycles).flatMap(([name, declarations]) =>
    [false, true].map((replacesLostApplications) =>
      planOf(
        `${name} (replaceLostApplications: ${String(replacesLostApplications)})`,
        declarations,
        replacesLostApplications,
      ),
    ),
  );
}

function planOf(
  name: string,
  declarations: readonly Declaration[],
  replacesLostApplications: boolean,
): PairsPlan {
  const steps = declarations.map((declaration, index): RunStep => ({
    kind: "run",
    command: index === 1 ? "up --refresh" : "up",
    day: 0,
    declaration,
    // What is let go while a create of it may be lost is nobody's to find again.
    ...(index === 2 ? { settledFirst: declarations[1] ?? [] } : {}),
    edits: [],
    trouble: { faults: [], settings: {}, revokesTokens: false },
  }));
  const [last = []] = declarations.slice(-1);
  return {
    name,
    seed: 0,
    index: 0,
    stage: "testing",
    replacesLostApplications,
    steps,
    declaration: last,
    day: 0,
    isRotated: false,
    isReconciled: true,
  };
}

/** What came of a pair, or of one fault alone. */
export interface TriedFaults {
  faults: readonly RequestFault[];
  finding: Finding | undefined;
}

/** Which are tried, by their numbers from 0; default: all. */
export interface Wanted {
  /** Of the first faults, each of which is tried alone, too. */
  first?: (number: number) => boolean;
  /** Of the pairs with those. */
  pair?: (number: number) => boolean;
}

/**
 * Tries each fault alone, and each with every fault of a request that comes after it, be it one that only the first fault
 * has led to.
 */
export async function* tryPairs(
  { first: isFirstWanted = () => true, pair: isPairWanted = () => true }: Wanted,
  plan: PairsPlan,
): AsyncIterable<TriedFaults> {
  let firsts = 0;
  let pairs = 0;
  const requestsOf = async (faults: readonly RequestFault[]): Promise<[TriedFaults, RequestName[]]> => {
    let names: RequestName[] = [];
    const finding = await simulateLifecycle(plan, new Tally(), {
      parallelism: 1,
      continuesOnError: true,
      faults,
      onRepair: ({ api }) => {
        names = namesOf(api.requests);
      },
    });
    return [{ faults, finding }, names];
  };
  const [, baseline] = await requestsOf([]);
  for (const request of baseline) {
    for (const fault of allFaultKinds) {
      firsts += 1;
      if (!isFirstWanted(firsts - 1)) continue;
      const first: RequestFault = { ...request, fault };
      const [tried, names] = await requestsOf([first]);
      yield tried;
      const place = names.findIndex((name) => isSame(name, request));
      for (const later of names.slice(place + 1)) {
        for (const second of allFaultKinds) {
          pairs += 1;
          if (!isPairWanted(pairs - 1)) continue;
          const [pair] = await requestsOf([first, { ...later, fault: second }]);
          yield pair;
        }
      }
    }
  }
}

function isSame(one: RequestName, other: RequestName): boolean {
  return one.operation === other.operation && one.subject === other.subject && one.nth === other.nth;
}

/** Describes what was tried in one line. */
export function describeTried({ faults }: TriedFaults): string {
  return faults.map(describeFault).join("; then ");
}
