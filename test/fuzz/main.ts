import { parseArgs } from "node:util";

import { z } from "zod";

import { useLocalEnvironment } from "../../sandbox/environment";
import { closeShared, startShared } from "../engine/engine";
import { describeFinding, fuzz } from "./fuzz";

const usage = `Usage: npm run fuzz -- [--runs N] [--seed S] [--from I] [--only I] [--parallel P] [--json]

Runs N random lifecycles of a stack on the real engine, with faults and crashes, and checks after each that nothing was
lost and nothing was made twice.

  --runs N      how many lifecycles (default 20)
  --seed S      the seed, a whole number (default: from the time)
  --from I      the index of the first lifecycle (default 0): to go on where a run was ended
  --only I      only the lifecycle of this index
  --parallel P  how many at once (default 2)
  --json        counts and findings as JSON on standard output; progress goes to standard error

Ctrl-C ends it after the lifecycles that are under way, with the figures of those that ran.
Exit code 1 where something was found.`;

const wholeNumber = z.string().regex(/^\d+$/).transform(Number);
const optionsSchema = z.object({
  runs: wholeNumber.default(20),
  seed: wholeNumber.optional(),
  from: wholeNumber.default(0),
  only: wholeNumber.optional(),
  parallel: wholeNumber.default(2),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});

async function main(): Promise<number> {
  useLocalEnvironment();
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      seed: { type: "string" },
      from: { type: "string" },
      only: { type: "string" },
      parallel: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const { runs, from, only, parallel, json, help, ...options } = optionsSchema.parse(values);
  if (help) {
    console.log(usage);
    return 0;
  }
  const seed = options.seed ?? Date.now() % 2 ** 31;
  const indexes = only === undefined ? Array.from({ length: runs }, (_, index) => from + index) : [only];
  console.error(`seed ${seed}, ${indexes.length} lifecycles, ${parallel} at once`);
  await startShared();
  const interruption = new AbortController();
  process.once("SIGINT", () => {
    interruption.abort();
  });
  try {
    const { tally, findings } = await fuzz({
      seed,
      indexes,
      parallel,
      signal: interruption.signal,
      onEnd: (index, finding, { lifecycles, steps, totalKills, findings: found }) => {
        if (finding !== undefined && !json) console.log(`\n${describeFinding(finding)}\n`);
        console.error(
          `${lifecycles}/${indexes.length} (lifecycle ${index}): ${steps} steps, ${totalKills} kills, ${found} findings`,
        );
      },
    });
    console.log(json ? JSON.stringify({ seed, tally, findings }, undefined, 2) : tally.toTable());
    return findings.length === 0 ? 0 : 1;
  } finally {
    await closeShared();
  }
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
