import { type Finding, runLifecycle } from "./lifecycle";
import { planLifecycle } from "./plan";
import { Tally } from "./tally";

/** What is run. */
export interface FuzzOptions {
  seed: number;
  /** The lifecycles' indexes. */
  indexes: readonly number[];
  /** How many run at once. */
  parallel: number;
  /** Ends the run after the lifecycles that are under way. */
  signal?: AbortSignal;
  /** Is told of each lifecycle that has ended. */
  onEnd?: (index: number, finding: Finding | undefined, tally: Tally) => void;
}

/** Runs lifecycles, and gives the counts and what they violated. */
export async function fuzz(options: FuzzOptions): Promise<{ tally: Tally; findings: Finding[] }> {
  const tally = new Tally();
  const findings: Finding[] = [];
  const waiting = [...options.indexes];
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      if (options.signal?.aborted === true) return;
      const finding = await runLifecycle(planLifecycle(options.seed, index), tally);
      tally.lifecycles += 1;
      if (finding !== undefined) {
        tally.findings += 1;
        findings.push(finding);
      }
      options.onEnd?.(index, finding, tally);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  return { tally, findings };
}

/** Writes a finding as people read it, with the command that repeats it. */
export function describeFinding({ seed, index, steps, violated, lastOutput }: Finding): string {
  return [
    `Lifecycle ${index} of seed ${seed}: ${violated}`,
    "Steps:",
    ...steps.map((step) => `  ${step}`),
    "The engine's last output:",
    lastOutput,
    `Repeat it: npm run fuzz -- --seed ${seed} --only ${index}`,
  ].join("\n");
}
