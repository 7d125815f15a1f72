import type { FaultInput, Operation } from "../../sandbox/api";
import type { Moment } from "../fuzz/boundaries";
import type { SimulatedApi, SimulatedRequest } from "./api";
import type { Passage } from "./command-life";
import { killAt } from "./kills";

/** A request of a lifecycle, whatever else is under way: the `nth` of its operation that is about the subject. */
export interface RequestName {
  operation: Operation;
  /** A customer, or an application's slot; absent of those that are about nothing that has a name. */
  subject?: string | undefined;
  /** From 1. */
  nth: number;
}

type FaultOfKind = Pick<FaultInput, "kind" | "status" | "carriedOut" | "headers">;
type KillOfKind = { moment: Moment; delayMs: number };

/** What can happen to a request: what the API does, or where the command is killed. */
export const faultKinds = {
  "reset before": { kind: "reset-before" },
  "reset after": { kind: "reset-after" },
  "503": { kind: "status", status: 503 },
  "500, carried out": { kind: "status", status: 500, carriedOut: true },
  "400": { kind: "status", status: 400 },
  "401": { kind: "status", status: 401 },
  "429": { kind: "status", status: 429, headers: { "retry-after": "1" } },
  "garbage body": { kind: "garbage-body" },
  "killed before": { moment: "before", delayMs: 0 },
  "killed after": { moment: "after", delayMs: 0 },
  "killed, answer not recorded": { moment: "answered", delayMs: 10 },
  "killed, answer recorded in part": { moment: "answered", delayMs: 20 },
  "killed, answer recorded": { moment: "answered", delayMs: 30 },
} as const satisfies Record<string, FaultOfKind | KillOfKind>;
export type FaultKind = keyof typeof faultKinds;
export const allFaultKinds = Object.keys(faultKinds) as FaultKind[];

/** A kind of fault, and the request that it happens to. */
export interface RequestFault extends RequestName {
  fault: FaultKind;
}

/**
 * Sees to it that faults happen.
 *
 * @returns tells of each place whether a command is killed there
 */
export function causeFaults(
  api: SimulatedApi,
  faults: readonly RequestFault[],
): (passage: Passage) => boolean {
  const kills = faults.flatMap(({ fault, ...request }) => {
    const kind: FaultOfKind | KillOfKind = faultKinds[fault];
    if ("moment" in kind) return [killAt({ ...request, ...kind })];
    api.addFault({ ...request, ...kind });
    return [];
  });
  // Each counts what passes, whatever the others do.
  return (passage) => kills.map((isKilledAt) => isKilledAt(passage)).some(Boolean);
}

/** Names requests in the order in which they arrived. */
export function namesOf(requests: readonly SimulatedRequest[]): RequestName[] {
  const counts = new Map<string, number>();
  return requests
    .filter(({ isCounted }) => isCounted)
    .map(({ operation, subject }) => {
      const key = `${operation} ${subject ?? ""}`;
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      return { operation, subject, nth };
    });
}

/** Describes a fault in a few words. */
export function describeFault({ operation, subject, nth, fault }: RequestFault): string {
  return `${operation}${subject === undefined ? "" : ` of ${subject}`} ${nth}: ${fault}`;
}
