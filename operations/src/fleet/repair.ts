import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pid } from "node:process";

import { defaultAuthMethod, hasSecret, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";

import type { Finding, Fix } from "../reconcile/finding";
import { reconcile, repair } from "../reconcile/reconcile";
import { isRunning } from "../stack/lock";
import { type Pulumi, PulumiError } from "../stack/pulumi";
import { reasonOf } from "../stack/record";
import { openStack, type Stack } from "../stack/stack";
import type { HeldState } from "../stack/state";
import { runEngine } from "./engine";
import type { WorkFolder } from "./work-folder";

/**
 * The repairs made without asking: what a killed run's pending creates prove to be useless, since the
 * credentials were only in that run's memory.
 */
const repaired: ReadonlySet<Fix["action"]> = new Set<Fix["action"]>([
  "deleteApplication",
  "deleteEmptySecret",
  "clearPendingCreate",
  "settleIntent",
]);

/** Opens a stack of a fleet in its work folder, for operations on a single stack. */
export function openInFolder(
  work: WorkFolder,
  stack: string,
  environment: Readonly<Record<string, string>>,
): Promise<Stack> {
  return openStack({ stack, cwd: work.project, pulumi: pulumiIn(work, stack, environment) }, environment);
}

function pulumiIn(work: WorkFolder, stack: string, environment: Readonly<Record<string, string>>): Pulumi {
  const run = async (args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, problem } = await runEngine(work, args, { environment });
    if (exitCode === 0) return stdout;
    throw new PulumiError(`pulumi ${args.slice(0, 2).join(" ")} failed: ${problem}`, problem);
  };
  // The commands of a stack share their output files, so they run one at a time.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (args: readonly string[]): Promise<string> => {
    const next = last.then(() => run(args));
    last = next.catch(() => undefined);
    return next;
  };
  return {
    run: (args) => inTurn([...args, "--stack", stack]),
    runWithoutStack: inTurn,
    typed: (args) => typedCommand(["pulumi", ...args, "--stack", stack]),
  };
}

/**
 * Removes what a killed run of a stack left behind, as `tenants reconcile --fix` does. Its pending creates
 * prove what was lost with it, and the next `up` would forget them. They prove nothing about a state restored
 * from a backup: then nothing is done.
 *
 * @param onDone called with a sentence after each repair
 */
export async function repairStack(stack: Stack, onDone: (sentence: string) => void): Promise<void> {
  const api = await stack.connect();
  try {
    const { comparison, findings } = await reconcile(stack, api);
    if (isOlderState(comparison.state, findings)) {
      onDone("it holds less than is on record: nothing is deleted. Run `fleet reconcile`.");
      return;
    }
    const agreed = findings.filter(({ fix }) => fix !== undefined && repaired.has(fix.action));
    if (agreed.length > 0) await repair(stack, api, { agreed, reason: reasonOf(stack), onDone });
  } finally {
    await api.close();
  }
}

/**
 * A client with a secret that was created and is neither in the state nor pending was created after the state
 * was written.
 */
function isOlderState({ pending }: HeldState, findings: readonly Finding[]): boolean {
  return findings.some(
    ({ kind, fix, slot, authMethod = defaultAuthMethod }) =>
      (kind === "orphanedApplication" || kind === "doubled") &&
      fix === undefined &&
      hasSecret(authMethod) &&
      !pending.some((operation) => operation.slot === slot),
  );
}

/**
 * Does work that only one process of this user on this machine may do at a time.
 *
 * @param folder the folder of the locks
 * @returns Resolves with undefined if another process is doing it.
 */
export async function alone<T>(
  folder: string,
  what: string,
  work: () => Promise<T>,
): Promise<{ done: T } | undefined> {
  const file = path.join(folder, `${createHash("sha256").update(what).digest("hex").slice(0, 16)}.alone`);
  if (!(await take(file))) return undefined;
  try {
    return { done: await work() };
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(await readFile(file, "utf8").catch(() => "0"));
  if (owner === 0 || isRunning(owner)) return false;
  await rm(file, { force: true });
  return false;
}
