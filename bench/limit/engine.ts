import { StackUnderTest } from "../../test/engine/engine";
import { measured, type Measurement, type RetryAfter, runBenchmark, settingsFor } from "./measurement";

/**
 * Measures how close an `up` of a hundred new customers comes to a rate limit that it does not know, on the real
 * engine, for each form of `Retry-After`, beside the same `up` without a limit.
 *
 *   npm run bench:limit:engine -- [none|seconds|date|absent]
 */
const latencyMs = 50;
const customers = 100;

async function measure(retryAfter: RetryAfter): Promise<Measurement> {
  const stack = await StackUnderTest.create({
    sandbox: { ...settingsFor(customers, retryAfter), latencyMs },
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

runBenchmark(customers, ["none", "seconds", "date", "absent"], measure);
