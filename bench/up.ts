import { randomUUID } from "node:crypto";
import path from "node:path";
import { parseArgs } from "node:util";

import { useLocalEnvironment } from "../sandbox/environment";
import { closeShared, repositoryRoot, StackUnderTest } from "../test/engine/engine";

/**
 * Measures the wall time of an `up` of N customers, and of a second one, against resources of the same kinds and number
 * (`bench/noop`), secrets in the same Secrets Manager among them, whose dynamic ones do nothing. Side by side: each run
 * makes both, in turn.
 *
 *   npm run bench -- --customers 20 --runs 5
 */
const { values } = parseArgs({
  options: { customers: { type: "string", default: "20" }, runs: { type: "string", default: "5" } },
});
const customers = Number(values.customers);
const runs = Number(values.runs);

interface Times {
  firstMs: number;
  secondMs: number;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function measure(stack: StackUnderTest): Promise<Times> {
  try {
    return { firstMs: await timed(() => stack.up()), secondMs: await timed(() => stack.up()) };
  } finally {
    await stack.close();
  }
}

const ours = (): Promise<StackUnderTest> =>
  StackUnderTest.create({
    sandbox: { quota: customers },
    customers: Array.from({ length: customers }, (_, index) => ({
      name: `customer${index}`,
      customerId: `CRM-${index}`,
      cells: ["eu-1"],
    })),
  });

const noop = (): Promise<StackUnderTest> =>
  StackUnderTest.create({
    projectDir: path.join(repositoryRoot, "bench/noop"),
    config: { "noop:customers": customers, "noop:secretPrefix": `noop-${randomUUID()}` },
  });

function spread(numbers: number[], digits: number): string[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return [sorted[0] ?? Number.NaN, median, sorted.at(-1) ?? Number.NaN].map((value) => value.toFixed(digits));
}

async function main(): Promise<void> {
  useLocalEnvironment();
  const pairs: Array<{ ours: Times; noop: Times }> = [];
  await measure(await ours());
  for (let run = 0; run < runs; run += 1) {
    pairs.push({ ours: await measure(await ours()), noop: await measure(await noop()) });
    console.error(`run ${run + 1} of ${runs}`);
  }
  const rows = (["firstMs", "secondMs"] as const).flatMap((key) => {
    const name = key === "firstMs" ? "first up" : "second up";
    return [
      [
        `${name}, the stack (s)`,
        ...spread(
          pairs.map((pair) => pair.ours[key] / 1000),
          2,
        ),
      ],
      [
        `${name}, no-op resources (s)`,
        ...spread(
          pairs.map((pair) => pair.noop[key] / 1000),
          2,
        ),
      ],
      [
        `${name}, ratio`,
        ...spread(
          pairs.map((pair) => pair.ours[key] / pair.noop[key]),
          3,
        ),
      ],
    ];
  });
  const heading = [`${customers} customers, ${runs} runs`, "min", "median", "max"];
  console.table(
    rows.map((row) => Object.fromEntries(row.map((value, index) => [heading[index] ?? "", value] as const))),
  );
}

main()
  .finally(closeShared)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
