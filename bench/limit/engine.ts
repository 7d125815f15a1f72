import { useLocalEnvironment } from "../../sandbox/environment";
import { closeShared, StackUnderTest } from "../../test/engine/engine";
import {
  customers,
  measured,
  type Measurement,
  printTable,
  type RetryAfter,
  settingsFor,
} from "./measurement";

/**
 * Measures how close an `up` of a hundred new customers comes to a rate limit that nobody told it, on the real engine,
 * for each form of `Retry-After`, beside the same `up` without a limit.
 *
 *   npm run bench:limit:engine
 */
const latencyMs = 50;

async function measure(retryAfter: RetryAfter): Promise<Measurement> {
  const stack = await StackUnderTest.create({
    sandbox: { ...settingsFor(retryAfter), latencyMs },
    customers: Array.from({ length: customers }, (_, index) => ({
      name: `customer${index}`,
      customerId: `CRM-${index}`,
      cells: ["eu-1"],
    })),
  });
  try {
    return await measured(stack.sandbox, retryAfter, () => stack.up());
  } finally {
    await stack.close();
  }
}

async function main(): Promise<void> {
  useLocalEnvironment();
  const measurements: Measurement[] = [];
  for (const retryAfter of ["none", "seconds", "date", "absent"] as const) {
    measurements.push(await measure(retryAfter));
    console.error(`Retry-After ${retryAfter}: done`);
  }
  printTable(measurements);
}

main()
  .finally(closeShared)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
