import { parseArgs } from "node:util";

import { z } from "zod";

import { planLifecycle } from "../fuzz/plan";
import { Tally } from "../fuzz/tally";
import { describeFinding, simulateLifecycle } from "./lifecycle";
import { describeTried, pairsPlans, tryPairs } from "./pairs";

const usage = `Usage: npm run simulate -- [--lifecycles N] [--seed S] [--from I] [--only I] [--pairs] [--json]

Runs N random lifecycles of a stack without the engine: the provider's code, the journal and the sandbox's API in this
process, driven by a model of the engine. It checks after each that nothing was lost and nothing was created twice.

  --lifecycles N  how many lifecycles (default 1000)
  --seed S        the seed, a whole number (default: from the time)
  --from I        the index of the first lifecycle (default 0): to go on where a run was ended
  --only I        only the lifecycle of this index
  --pairs         instead, every pair of faults in two lifecycles: of two customers, and of equal applications
  --json          counts and findings as JSON on standard output; progress goes to standard error

Exit code 1 if something was found.`;

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);
const optionsSchema = z.object({
  lifecycles: wholeNumber.default(1000),
  seed: wholeNumber.optional(),
  from: wholeNumber.default(0),
  only: wholeNumber.optional(),
  pairs: z.boolean().default(false),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});
type Options = z.output<typeof optionsSchema>;

/** How often the progress is printed, in lifecycles. */
const progressEvery = 1000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      lifecycles: { type: "string" },
      seed: { type: "string" },
      from: { type: "string" },
      only: { type: "string" },
      pairs: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const options = optionsSchema.parse(values);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  // What the provider warns of is no finding.
  console.warn = () => undefined;
  return options.pairs ? simulatePairs(options) : simulateLifecycles(options);
}

async function simulateLifecycles({ lifecycles, from, only, json, ...options }: Options): Promise<number> {
  const seed = options.seed ?? Date.now() % 2 ** 31;
  const [first, count] = only === undefined ? [from, lifecycles] : [only, 1];
  console.error(`seed ${seed}, ${count} lifecycles`);
  const tally = new Tally();
  const findings: unknown[] = [];
  const progress = progressOf(count);
  for (let index = first; index < first + count; index += 1) {
    const finding = await simulateLifecycle(planLifecycle(seed, index), tally);
    tally.lifecycles += 1;
    if (finding !== undefined) {
      tally.findings += 1;
      findings.push(finding);
      if (!json) console.log(`\n${describeFinding(finding)}\n`);
    }
    progress(tally.lifecycles, tally.findings);
  }
  console.log(json ? JSON.stringify({ seed, tally, findings }, undefined, 2) : tally.toTable());
  return findings.length === 0 ? 0 : 1;
}

async function simulatePairs({ json }: Options): Promise<number> {
  let tried = 0;
  const findings: unknown[] = [];
  const progress = progressOf(undefined);
  for (const plan of pairsPlans()) {
    for await (const pair of tryPairs({}, plan)) {
      tried += 1;
      const { finding } = pair;
      if (finding !== undefined) {
        findings.push({ lifecycle: plan.name, faults: pair.faults, finding });
        if (!json) console.log(`\n${plan.name}: ${describeTried(pair)}\n${describeFinding(finding)}\n`);
      }
      progress(tried, findings.length);
    }
  }
  console.log(
    json ? JSON.stringify({ tried, findings }, undefined, 2) : `tried ${tried}, findings ${findings.length}`,
  );
  return findings.length === 0 ? 0 : 1;
}

function progressOf(count: number | undefined): (done: number, found: number) => void {
  const startedAtMs = performance.now();
  return (done, found) => {
    if (done % progressEvery !== 0) return;
    const perSecond = (done / (performance.now() - startedAtMs)) * 1000;
    console.error(
      `${done}${count === undefined ? "" : `/${count}`}: ${found} findings, ${perSecond.toFixed(1)} per second`,
    );
  };
}

main().then(
  (exitCode) => {
    // Timers of deadlines that nobody waits for any more would keep the process alive; a pipe may not have taken all yet.
    process.stdout.write("", () => process.exit(exitCode));
  },
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
