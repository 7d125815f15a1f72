import { parseArgs } from "node:util";

import { type PeerName, peerNames } from "./peers/peer";
import { type BenchCase, type Work, works } from "./work/case";

/** What a run of the benchmark measures. */
export interface BenchOptions {
  /** The cases, in their order. */
  readonly cases: readonly BenchCase[];
  /** How often each case is repeated; undefined for the default of its size. */
  readonly rounds: number | undefined;
  readonly peers: readonly PeerName[];
  readonly works: readonly Work[];
  /** Whether the results are written to `bench/`: only if all peers and works are measured. */
  readonly isWritten: boolean;
}

export const usage = `npm run bench -- [options]

Measures this project beside its peers, and writes bench/RESULTS.md. Without options: everything.

  --n 10,100          only these numbers of customers (10, 100, 1000 or any other)
  --latency 0,50      only these latencies of the API, in milliseconds (default 0,50)
  --limit no,yes      only without, or only with the limit of 10 requests/s (default no,yes)
  --repeat 3          how often each case is measured (default: 5 for 10 customers, 3 for 100, 1 above)
  --only stack,noop   only these peers: ${peerNames.join(", ")}
  --work create       only these works: ${works.join(", ")}
  --print             print the results, and leave bench/RESULTS.md as it is

Results of some peers or works only are printed, never written: a case is written as a whole.
`;

/** The sizes of a complete run; from this number of customers on, a case is only measured without latency and limit. */
const sizes = [10, 100, 1000];
const onlyPlainFrom = 1000;

/**
 * Reads the command's arguments.
 *
 * @throws Error with what is wrong and the usage
 */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: "string" },
      latency: { type: "string", default: "0,50" },
      limit: { type: "string", default: "no,yes" },
      repeat: { type: "string" },
      only: { type: "string", default: peerNames.join(",") },
      work: { type: "string", default: works.join(",") },
      print: { type: "boolean", default: false },
    },
  });
  const numbers = values.n === undefined ? sizes : values.n.split(",").map((text) => whole("--n", text, 1));
  const latencies = values.latency.split(",").map((text) => whole("--latency", text, 0));
  const limits = oneOf("--limit", values.limit, ["no", "yes"]).map((text) => text === "yes");
  const peers = oneOf("--only", values.only, peerNames);
  const chosenWorks = oneOf("--work", values.work, works);
  const all = numbers.flatMap((customers) =>
    limits.flatMap((isLimited) => latencies.map((latencyMs) => ({ customers, latencyMs, isLimited }))),
  );
  const isWhole = peers.length === peerNames.length && chosenWorks.length === works.length;
  return {
    cases: all.filter(
      ({ customers, latencyMs, isLimited }) => customers < onlyPlainFrom || (latencyMs === 0 && !isLimited),
    ),
    rounds: values.repeat === undefined ? undefined : whole("--repeat", values.repeat, 1),
    peers,
    works: chosenWorks,
    isWritten: isWhole && !values.print,
  };
}

/** Returns how often a case is measured by default. */
export function usualRounds({ customers }: BenchCase): number {
  if (customers <= 20) return 5;
  return customers <= 200 ? 3 : 1;
}

function whole(option: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Error(`${option} needs whole numbers from ${least}, and "${text}" is none.\n\n${usage}`);
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T[] {
  return text.split(",").map((given) => {
    const found = known.find((name) => name === given);
    if (found === undefined) {
      throw new Error(`${option} knows ${known.join(", ")}, and not "${given}".\n\n${usage}`);
    }
    return found;
  });
}
