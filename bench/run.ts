import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";

import { startTenantManagement } from "../sandbox/api";
import { findAwsProvider } from "../sandbox/aws/find-provider";
import { startSecretsManager } from "../sandbox/aws/moto";
import { useLocalEnvironment } from "../sandbox/environment";
import { consoleLog, elapsed } from "../sandbox/progress";
import { findPulumi } from "../sandbox/pulumi/cli";
import { type BenchOptions, readOptions, usage, usualRounds } from "./options";
import { findPeers, type FoundPeers } from "./peers/find-peers";
import { peerNames, type Site } from "./peers/peer";
import { summarize } from "./report/summary";
import { caseTables } from "./report/tables";
import { writeResults } from "./report/write";
import { type BenchCase, caseTitle } from "./work/case";
import { measureCase } from "./work/rounds";

/*
 * Measures this project beside its peers. `npm run bench -- --help` lists the options.
 */

const region = "eu-west-1";
const log = consoleLog();

async function main(options: BenchOptions): Promise<void> {
  useLocalEnvironment();
  const pulumi = await findPulumi({ log });
  const found = await findPeers(options.peers, log);
  const secretsManager = await startSecretsManager({ log });
  const aws = await findAwsProvider({ pulumi, endpointUrl: secretsManager.endpointUrl, region, log });
  const ignored = [secretsManager.pid, aws.pid].filter((pid) => pid !== undefined);
  const machine = describeMachine(pulumi.version, aws.kind);
  try {
    for (const benchCase of options.cases) {
      await runCase({ pulumi, aws }, benchCase, found, { options, ignored, machine });
    }
  } finally {
    await aws.close();
    await secretsManager.close();
  }
}

interface CaseContext {
  readonly options: BenchOptions;
  readonly ignored: readonly number[];
  readonly machine: string;
}

async function runCase(
  shared: Omit<Site, "sandbox">,
  benchCase: BenchCase,
  found: FoundPeers,
  { options, ignored, machine }: CaseContext,
): Promise<void> {
  const rounds = options.rounds ?? usualRounds(benchCase);
  const startedAt = performance.now();
  const { skipped } = found;
  const isChosen = options.peers.length < peerNames.length;
  const peers = found.peers.filter(({ sizes }) => {
    const { from = 0, below = Infinity } = sizes ?? {};
    return isChosen || (from <= benchCase.customers && benchCase.customers < below);
  });
  log(`${caseTitle(benchCase)}: ${rounds} ${rounds === 1 ? "round" : "rounds"} of ${peers.length} peers`);
  const sandbox = await startTenantManagement({ quota: benchCase.customers + 1 });
  try {
    const measurements = await measureCase({ ...shared, sandbox }, benchCase, peers, {
      rounds,
      works: options.works,
      ignoredProcesses: ignored,
      log,
    });
    const facts = { rounds, at: new Date().toISOString(), commit: commit(), machine, skipped };
    const summary = summarize(benchCase, peers, measurements, facts);
    if (options.isWritten) await writeResults(summary);
    log(`\n${caseTables(summary)}\n`);
    log(`${caseTitle(benchCase)}: done in ${elapsed(performance.now() - startedAt)}`);
  } finally {
    await sandbox.close();
  }
}

function describeMachine(pulumi: string, aws: "plugin" | "stand-in"): string {
  const [first] = cpus();
  const memory = `${(totalmem() / 1024 ** 3).toFixed(0)} GB`;
  const standIn = aws === "stand-in" ? "AWS provider's stand-in" : "pulumi-resource-aws";
  return `${cpus().length} cores (${first?.model ?? "unknown"}), ${memory}, ${type()} ${release()}, Node.js ${process.versions.node}, Pulumi ${pulumi}, ${standIn}`;
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "provider", "stacks", "bench/peers") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${changed ? " and changes" : ""}`;
  } catch {
    return "unknown";
  }
}

if (process.argv.includes("--help")) {
  console.log(usage);
} else {
  main(readOptions(process.argv.slice(2))).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
