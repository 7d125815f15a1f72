import { z } from "zod";

import type { Measurement } from "../measure/measurement";
import { apiRequests } from "../measure/requests";
import { type Peer, type PeerName, peerNames } from "../peers/peer";
import { type BenchCase, works } from "../work/case";
import { type InRound, median, medianRatio } from "./statistics";

const ratioSchema = z.object({ wall: z.number(), cpu: z.number().optional() });

const rowSchema = z.object({
  peer: z.enum(peerNames),
  work: z.enum(works),
  /** Medians, in seconds. */
  wallS: z.number(),
  cpuS: z.number().optional(),
  /** Medians of the ratios to the floor of the same round. */
  ratio: ratioSchema.optional(),
  /** The largest of all rounds, by kind of process, in MB. */
  peakMb: z.record(z.string(), z.number()).optional(),
  /** Of the last round. */
  requests: z.record(z.string(), z.number()),
  /** The share of all rounds' requests that was answered 429. */
  refusedShare: z.number(),
  /** The median time from the first request to the last, in seconds. */
  spanS: z.number(),
  state: z
    .object({
      bytes: z.number(),
      /** Absent in a result that was stored before this was measured. */
      compressedBytes: z.number().optional(),
      providerBytes: z.number(),
      plainSecrets: z.number(),
    })
    .optional(),
  failure: z.string().optional(),
});

/** The summary of all rounds of one peer's work. */
export type Row = z.output<typeof rowSchema>;

export const caseSummarySchema = z.object({
  case: z.object({ customers: z.number(), latencyMs: z.number(), isLimited: z.boolean() }),
  rounds: z.number(),
  /** When it ended, ISO 8601. */
  at: z.string(),
  /** The commit that was measured. */
  commit: z.string(),
  machine: z.string(),
  /** What each peer is, in the order of the tables. */
  peers: z.array(z.object({ name: z.enum(peerNames), title: z.string(), description: z.string() })),
  skipped: z.record(z.string(), z.string()),
  rows: z.array(rowSchema),
});

/** The stored results of a case. */
export type CaseSummary = z.output<typeof caseSummarySchema>;

/** Further data of a case. */
export type CaseFacts = Omit<CaseSummary, "case" | "peers" | "rows">;

/** Summarizes the measurements of a case. */
export function summarize(
  benchCase: BenchCase,
  peers: readonly Peer[],
  measurements: readonly Measurement[],
  facts: CaseFacts,
): CaseSummary {
  const of = (peer: PeerName | undefined, work: string): Measurement[] =>
    measurements.filter((one) => one.peer === peer && one.work === work);
  return {
    ...facts,
    case: benchCase,
    peers: peers.map(({ name, title, description }) => ({ name, title, description })),
    rows: peers.flatMap(({ name, floor }) =>
      works.flatMap((work) => {
        const ours = of(name, work);
        return ours.length === 0 ? [] : [summarizeWork(ours, of(floor, work))];
      }),
    ),
  };
}

function summarizeWork(ours: readonly Measurement[], floor: readonly Measurement[]): Row {
  const done = ours.filter(({ failure }) => failure === undefined);
  const failure = ours.find((one) => one.failure !== undefined)?.failure;
  const floorDone = floor.filter((one) => one.failure === undefined);
  const last = ours.at(-1);
  if (last === undefined) throw new Error("There is nothing to sum up.");
  const cpuS = median(cpu(done).map(({ value }) => value));
  const wallRatio = medianRatio(wall(done), wall(floorDone));
  const cpuRatio = medianRatio(cpu(done), cpu(floorDone));
  const sent = ours.reduce((sum, { requests }) => sum + apiRequests(requests), 0);
  const refused = ours.reduce((sum, { requests }) => sum + requests.refused, 0);
  const state = ours.findLast((one) => one.state !== undefined)?.state;
  const peakMb = largest(ours.map(({ usage }) => usage?.peakMb ?? {}));
  return {
    peer: last.peer,
    work: last.work,
    // JSON has no NaN: a failed work has no time.
    wallS: done.length === 0 ? 0 : median(wall(done).map(({ value }) => value)),
    ...(Number.isNaN(cpuS) ? {} : { cpuS }),
    ...(Number.isNaN(wallRatio)
      ? {}
      : { ratio: { wall: wallRatio, ...(Number.isNaN(cpuRatio) ? {} : { cpu: cpuRatio }) } }),
    ...(Object.keys(peakMb).length === 0 ? {} : { peakMb }),
    requests: { ...last.requests.byKind },
    refusedShare: sent === 0 ? 0 : refused / sent,
    spanS: median(ours.map(({ requests }) => requests.spanS)),
    ...(state === undefined ? {} : { state }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function wall(measurements: readonly Measurement[]): InRound[] {
  return measurements.map(({ round, wallS }) => ({ round, value: wallS }));
}

function cpu(measurements: readonly Measurement[]): InRound[] {
  return measurements.flatMap(({ round, usage }) =>
    usage === undefined ? [] : [{ round, value: usage.cpuS }],
  );
}

function largest(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const largestOf: Record<string, number> = {};
  for (const [kind, value] of records.flatMap((record) => Object.entries(record))) {
    largestOf[kind] = Math.max(largestOf[kind] ?? 0, value);
  }
  return largestOf;
}
