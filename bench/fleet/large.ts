import type { ApiOperation } from "../../sandbox/api";
import { useLocalEnvironment } from "../../sandbox/environment";
import { closeShared, StackUnderTest, startShared } from "../../test/engine/engine";
import { FleetUnderTest, numbered, ranIn } from "../../test/engine/fleet-project";
import { ProcessTree } from "../measure/process-tree";

/**
 * Measures the operations of an existing large fleet: an unchanged run, one customer changed and added, a refresh, a
 * reconciliation, and commands that read all stacks as one. It prints a line after each.
 *
 *   npm run bench:fleet:large -- [customers] [bits]
 */
const [customers = 1000, bits = 5] = process.argv.slice(2, 4).map(Number);

/** Times some work, and returns its requests and its memory. */
async function measure<T>(
  what: string,
  { sandbox: { control } }: StackUnderTest,
  work: () => Promise<T>,
): Promise<T> {
  const { secretsManager, aws } = await startShared();
  control.resetRequests();
  const tree = new ProcessTree([secretsManager.pid, aws.pid].filter((pid) => pid !== undefined));
  const startedAtMs = performance.now();
  const usage: { value?: ReturnType<ProcessTree["end"]> } = {};
  const result = await work().finally(() => {
    usage.value = tree.end();
  });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const { cpuS = 0, peakMb = {} } = usage.value ?? {};
  const sent = Object.entries(control.requests() as Record<ApiOperation, number>).filter(
    ([, count]) => count > 0,
  );
  const memory = Object.entries(peakMb).map(([kind, mb]) => `${kind} ${Math.round(mb)}`);
  console.log(
    `${what}: ${seconds} s, processor ${cpuS.toFixed(1)} s, MB: ${memory.join(", ")}; requests: ` +
      (sent.map(([operation, count]) => `${operation} ${count}`).join(", ") || "none"),
  );
  return result;
}

async function main(): Promise<void> {
  useLocalEnvironment();
  const declared = numbered(customers);
  const fleet = await FleetUnderTest.create(bits, declared, {
    sandbox: { quota: 2 * customers },
    config: { "tenants:quota": 2 * customers },
  });
  const { stack } = fleet;
  const tenants = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await stack.tenants(...args, "--stage", "dev");
    if (exitCode !== 0 && exitCode !== 3) throw new Error(`tenants ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const up = async (): Promise<string[]> => {
    const ended = await fleet.run("up");
    if (ended.exitCode !== 0) throw new Error(ended.stderr);
    return ranIn(ended);
  };
  try {
    const alone = await StackUnderTest.create({ customers: numbered(1) });
    await measure("up of a stack with one customer", alone, () => alone.up());
    await alone.close();
    await measure(`up of ${customers} customers`, stack, up);
    await measure("unchanged up", stack, up);
    const [first, ...others] = declared;
    const changed = { ...first, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "reports" }] };
    await stack.setCustomers([changed, ...others]);
    console.log((await measure("preview of one change", stack, () => fleet.run("preview"))).totals);
    await stack.setCustomers([...declared, { name: "added", customerId: "CRM-added", cells: ["eu-1"] }]);
    console.log((await measure("one customer added", stack, up)).join(" "));
    await measure("refresh", stack, () => fleet.run("refresh"));
    await measure("reconcile", stack, () => tenants("fleet", "reconcile", "--json"));
    const listed = await measure("list", stack, () => fleet.list());
    console.log(`${listed.length} listed`);
    await measure("show", stack, () => tenants("show", "added", "--json"));
    await measure("check", stack, () => stack.tenants("check", "--stack", "dev"));
    await measure("destroy", stack, () => fleet.run("destroy", "--yes"));
  } finally {
    await fleet.close();
  }
}

main()
  .finally(closeShared)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
