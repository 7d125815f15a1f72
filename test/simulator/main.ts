import { planLifecycle } from "../fuzz/plan";
import { Tally } from "../fuzz/tally";
import { simulateLifecycle } from "./lifecycle";
async function main(): Promise<void> {
  console.warn = () => undefined;
  const tally = new Tally();
  const n = Number(process.argv[2]);
  const from = Number(process.argv[3] ?? 0);
  const c0 = process.cpuUsage();
  const t = performance.now();
  let found = 0;
  const kinds = new Map<string, number[]>();
  for (let i = from; i < from + n; i += 1) {
    const f = await simulateLifecycle(planLifecycle(1, i), tally);
    tally.lifecycles += 1;
    if (f) {
      found += 1;
      const k = f.violated.split("\n")[0].slice(0, 150);
      kinds.set(k, [...(kinds.get(k) ?? []), i]);
      if (process.argv[4]) console.log(f.steps.join("\n"), "\n", f.violated, "\n", f.evidence);
    }
  }
  console.log(
    tally.toTable(),
    found,
    ((n / (performance.now() - t)) * 1000).toFixed(1),
    "per s",
    process.cpuUsage(c0).user / n / 1000,
    "ms CPU each",
  );
  for (const [k, v] of kinds) console.log(v.length, v.slice(0, 5), k);
}
void main().then(() => process.exit(0));
