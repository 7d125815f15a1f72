import { fleetStackOf, fleetStacks } from "../provider/src/names/fleet";

/** The simulated first `fleet up` of a stage. */
export interface Scale {
  customers: number;
  /** `fleet.bits` */
  bits: number;
  /** How many machines with two cores work at once, two stacks each. */
  machines: number;
  /** The API's limit: requests per second, and the size of a burst. */
  limit?: { perSecond: number; burst: number };
}

/** The result of a simulation. */
export interface Simulated {
  stacks: number;
  /** The total time, in seconds. */
  seconds: number;
  /** The time that the API's limit alone would take, in seconds. */
  limitSeconds: number;
  /** The processor time of all engines, in seconds. */
  processorSeconds: number;
}

/** The requests that create a customer with one application. */
const requestsPerCustomer = 2;

const stacksPerMachine = 2;

const stepSeconds = 0.25;

/**
 * Returns the processor time of an `up` that creates a stack, in seconds: the engine's start, each customer
 * with its application and secret, and the state, which is written as a whole at each step. Fitted to
 * measurements on two cores: 0.66, 0.40 and 0.53 s for each customer of a stack of 20, 40 and 80.
 */
export function engineSeconds(customers: number): number {
  return 5 + 0.22 * customers + 0.002 * customers ** 2;
}

/** Simulates machines that run stacks one after another, and share the API's limit. */
export function simulate({ customers, bits, machines, limit }: Scale): Simulated {
  const sizes = new Map(fleetStacks("prod", bits).map((stack) => [stack, 0]));
  for (let index = 1; index <= customers; index += 1) {
    const stack = fleetStackOf("prod", bits, `customer${index}`);
    sizes.set(stack, (sizes.get(stack) ?? 0) + 1);
  }
  const waiting = [...sizes.values()].filter((size) => size > 0);
  const processorSeconds = waiting.reduce((sum, size) => sum + engineSeconds(size), 0);
  const lanes: Array<{ engine: number; requests: number }> = [];
  let tokens = limit?.burst ?? 0;
  let seconds = 0;
  for (;;) {
    while (lanes.length < machines * stacksPerMachine && waiting.length > 0) {
      const size = waiting.shift() ?? 0;
      lanes.push({ engine: engineSeconds(size), requests: requestsPerCustomer * size });
    }
    if (lanes.length === 0) break;
    seconds += stepSeconds;
    tokens = limit === undefined ? Infinity : Math.min(limit.burst, tokens + limit.perSecond * stepSeconds);
    // A fleet shares the limit evenly: an engine that needs less leaves the rest to the others.
    let share = tokens / lanes.length;
    for (const [index, lane] of lanes.toSorted((a, b) => a.requests - b.requests).entries()) {
      const sent = Math.min(lane.requests, share);
      lane.requests -= sent;
      lane.engine -= stepSeconds;
      tokens -= sent;
      share = tokens / Math.max(1, lanes.length - index - 1);
    }
    for (const lane of lanes.filter(({ engine, requests }) => engine <= 0 && requests <= 1e-9))
      lanes.splice(lanes.indexOf(lane), 1);
  }
  const requests = requestsPerCustomer * customers;
  const limitSeconds = limit === undefined ? 0 : Math.max(0, (requests - limit.burst) / limit.perSecond);
  return { stacks: sizes.size, seconds, limitSeconds, processorSeconds };
}

/** Returns the rows of the table in docs/scale.md. */
export function scaleTable(): string[] {
  const limit = { perSecond: 10, burst: 15 };
  const rows = [
    [1_000, 5, 1],
    [1_000, 5, 4],
    [10_000, 8, 1],
    [10_000, 8, 4],
  ] as const;
  return rows.map(([customers, bits, machines]) => {
    const limited = simulate({ customers, bits, machines, limit });
    const free = simulate({ customers, bits, machines });
    const cells = [
      customers.toLocaleString("en"),
      limited.stacks,
      machines,
      minutes(free.seconds),
      minutes(limited.seconds),
    ];
    return `| ${cells.join(" | ")} |`;
  });
}

function minutes(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

if (require.main === module) for (const row of scaleTable()) console.log(row);
