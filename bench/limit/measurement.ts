import type { StartOptions, TenantManagementSandbox } from "../../sandbox/api";
import { useLocalEnvironment } from "../../sandbox/environment";
import { closeShared } from "../../test/engine/engine";

/** The limit, which the client does not know. */
export const limit = { perSecond: 10, burst: 15 };

/** The forms of an answer to a request beyond the limit; `none` is an API without a limit. */
export type RetryAfter = "seconds" | "date" | "absent" | "none";

/** Returns the shortest time, in seconds, in which the limit allows a tenant with one application for each customer. */
const idealS = (customers: number): number => (2 * customers - limit.burst) / limit.perSecond;

/** The time and the requests of one run. */
export interface Measurement {
  retryAfter: RetryAfter;
  /** The total time, in seconds. */
  seconds: number;
  /** From the first request to the API to the last, in seconds. */
  spanS: number;
  sent: number;
  refused: number;
}

/** The settings of an API that has the limit, or none. */
export function settingsFor(customers: number, retryAfter: RetryAfter): StartOptions {
  return { quota: customers, rateLimit: retryAfter === "none" ? null : { ...limit, retryAfter } };
}

/** Times some work, and counts its requests to the API. */
export async function measured(
  { control }: TenantManagementSandbox,
  retryAfter: RetryAfter,
  work: () => Promise<unknown>,
): Promise<Measurement> {
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const requests = control.requestLog().filter(({ operation }) => operation !== "token");
  const times = requests.map(({ at }) => Date.parse(at));
  return {
    retryAfter,
    seconds,
    spanS: (Math.max(...times) - Math.min(...times)) / 1000,
    sent: requests.length,
    refused: requests.filter(({ status }) => status === 429).length,
  };
}

/**
 * Measures a way of creating the customers for each form of `Retry-After`, and prints the table. The command's arguments
 * choose from the forms.
 */
export function runBenchmark(
  customers: number,
  forms: readonly RetryAfter[],
  measure: (retryAfter: RetryAfter) => Promise<Measurement>,
): void {
  const main = async (): Promise<void> => {
    useLocalEnvironment();
    const chosen = process.argv.slice(2);
    const unknown = chosen.filter((form) => !forms.some((known) => known === form));
    if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: not one of ${forms.join(", ")}`);
    const measurements: Measurement[] = [];
    for (const form of forms) {
      if (chosen.length > 0 && !chosen.includes(form)) continue;
      measurements.push(await measure(form));
      console.error(`Retry-After ${form}: done`);
    }
    printTable(measurements, idealS(customers));
  };
  main()
    .finally(closeShared)
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
}

/** Prints measurements beside what the limit itself allows. */
function printTable(measurements: readonly Measurement[], idealS: number): void {
  console.table(
    measurements.map(({ retryAfter, seconds, spanS, sent, refused }) => {
      const isLimited = retryAfter !== "none";
      return {
        "Retry-After": isLimited ? retryAfter : "no limit",
        "in all (s)": seconds.toFixed(2),
        "first to last request (s)": spanS.toFixed(2),
        "the limit allows (s)": isLimited ? idealS.toFixed(2) : "",
        "longer by": isLimited ? `${((spanS / idealS - 1) * 100).toFixed(1)} %` : "",
        requests: sent,
        429: refused,
        "share of 429": `${((refused / sent) * 100).toFixed(2)} %`,
      };
    }),
  );
}
