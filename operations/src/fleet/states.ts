import { z } from "zod";

import type { BackendFiles } from "../stack/backend-files";
import { formsOf, nameWithoutForm, unpack } from "../stack/compressed-files";
import { listStacks } from "../stack/list";
import { readLocks } from "../stack/lock";
import type { Pulumi } from "../stack/pulumi";
import type { Encryption } from "../stack/stack-file";
import { type HeldState, type StateResource, toHeldState, toStateResources } from "../stack/state";
import type { StackLock } from "./busy";

/** The last run in the engine's history of a stack. */
export interface LastRun {
  /** `update`, `refresh`, `destroy`, … */
  kind: string;
  succeeded: boolean;
  message: string;
  /** Milliseconds since 1970, rounded down to a second. */
  endedAtMs: number;
}

/** The backend's data about a stack. */
export interface FleetState {
  held: HeldState;
  resources: readonly StateResource[];
  /** When its state was written; undefined if never. */
  writtenAtMs: number | undefined;
  /** How its secrets are encrypted, in the form of a stack's file. */
  encryption: Encryption;
  /** The last run that may have changed something; undefined if there is none. */
  lastRun: LastRun | undefined;
}

/** Reads the states of a fleet's stacks from their backend. */
export interface States {
  /** Lists the stacks of the project, by their short names. */
  list(): Promise<string[]>;
  /**
   * Finds the locks on a stack. Without any, its state and history are as its last run left them.
   *
   * @returns Resolves with undefined if only a run would show them.
   */
  locks(stack: string): Promise<readonly StackLock[] | undefined>;
  /**
   * Removes locks one by one, so that a lock that another process has taken meanwhile stays.
   *
   * @returns Resolves with false if only the engine can remove locks, all at once.
   */
  clear(locks: readonly StackLock[]): Promise<boolean>;
  /** Reads an existing stack. */
  read(stack: string): Promise<FleetState>;
  /**
   * Reads the backup that the engine made of a state before it wrote the next one.
   *
   * @returns Resolves with undefined if there is none, or only the engine would know.
   */
  readBackup(stack: string): Promise<StateBackup | undefined>;
}

/** The engine's copy of a stack's state, as it was before the last one was written. */
export interface StateBackup {
  /** Where it is in the backend: `.pulumi/stacks/tenants/prod-0.json.bak`. */
  file: string;
  resources: FleetState["resources"];
  held: HeldState;
}

const deploymentSchema = z
  .looseObject({
    manifest: z.object({ time: z.string() }).optional(),
    secrets_providers: z
      .object({ type: z.string(), state: z.record(z.string(), z.unknown()).nullish() })
      .nullish(),
  })
  .nullish();

const runSchema = z.object({
  kind: z.string(),
  message: z.string().default(""),
  result: z.string().default(""),
  /** A file of the backend contains seconds, the engine's command RFC 3339. */
  endTime: z.union([z.number(), z.string()]).optional(),
  resourceChanges: z.record(z.string(), z.number()).nullish(),
});
type Run = z.output<typeof runSchema>;

/**
 * Opens the states of a project's stacks.
 *
 * @param files the backend's files; undefined if only the engine can read it
 * @param pulumi runs in the project's folder
 */
export function openStates(project: string, files: BackendFiles | undefined, pulumi: Pulumi): States {
  return files === undefined ? statesOfEngine(pulumi) : statesInFiles(project, files);
}

function statesOfEngine(pulumi: Pulumi): States {
  return {
    list: async () => (await listStacks(pulumi)).map(({ name }) => name.slice(name.lastIndexOf("/") + 1)),
    locks: () => Promise.resolve(undefined),
    clear: () => Promise.resolve(false),
    readBackup: () => Promise.resolve(undefined),
    read: async (stack) => {
      const [exported, history] = await Promise.all([
        pulumi.runWithoutStack(["stack", "export", "--stack", stack]),
        pulumi.runWithoutStack([
          "stack",
          "history",
          "--output",
          "json",
          "--page-size",
          "10",
          "--stack",
          stack,
        ]),
      ]);
      const { deployment } = z.object({ deployment: z.unknown() }).parse(JSON.parse(exported));
      return toState(deployment, z.array(runSchema).parse(JSON.parse(history)));
    },
  };
}

/** @see the engine's own backends: `.pulumi/stacks/<project>/<stack>.json`, `.pulumi/history/<project>/<stack>/` */
function statesInFiles(project: string, files: BackendFiles): States {
  const stacks = `.pulumi/stacks/${project}`;
  const stateFile = (stack: string): string => `${stacks}/${stack}.json`;
  return {
    // A state whose compression changes may have two files for a moment.
    list: async () => [
      ...new Set(
        (await files.list(stacks)).flatMap((file) => /^(.+)\.json$/.exec(nameWithoutForm(file))?.[1] ?? []),
      ),
    ],
    locks: (stack) => readLocks(files, `organization/${project}/${stack}`),
    clear: async (locks) => {
      for (const { file } of locks) if (file !== undefined) await files.remove(file);
      return true;
    },
    read: async (stack) => {
      const file = stateFile(stack);
      const newest = await newestState(files, formsOf(file));
      if (newest === undefined) throw gone(file);
      return toState(newest.deployment, await readHistory(files, `.pulumi/history/${project}/${stack}`));
    },
    readBackup: async (stack) => {
      const names = formsOf(stateFile(stack)).map((file) => `${file}.bak`);
      const newest = await newestState(files, names);
      if (newest === undefined) return undefined;
      const { held, resources } = toState(newest.deployment, []);
      return { file: newest.file, held, resources };
    },
  };
}

function gone(file: string): Error {
  return new Error(`The backend has no ${file}, which it had a moment ago.`);
}

const checkpointSchema = z.object({ checkpoint: z.object({ latest: z.unknown() }) });

/** Reads the state that was written last, if several of these files exist. */
async function newestState(
  files: BackendFiles,
  names: readonly string[],
): Promise<{ file: string; deployment: unknown } | undefined> {
  const read = async (file: string) => {
    const bytes = await files.read(file);
    if (bytes === undefined) return [];
    const { checkpoint } = checkpointSchema.parse(JSON.parse(await unpack(file, bytes)));
    return [{ file, deployment: checkpoint.latest }];
  };
  const found = (await Promise.all(names.map(read))).flat();
  return found.toSorted((one, other) => writtenAt(other.deployment) - writtenAt(one.deployment))[0];
}

function writtenAt(deployment: unknown): number {
  const { manifest } = deploymentSchema.parse(deployment) ?? {};
  return manifest === undefined ? 0 : Date.parse(manifest.time);
}

/** Reads runs, the newest first, until one may have changed something. */
async function readHistory(files: BackendFiles, folder: string): Promise<Run[]> {
  const names = (await files.list(folder))
    .filter((file) => nameWithoutForm(file).endsWith(".history.json"))
    .toReversed();
  const runs: Run[] = [];
  for (const name of names) {
    const file = `${folder}/${name}`;
    const bytes = await files.read(file);
    if (bytes === undefined) throw gone(file);
    const run = runSchema.parse(JSON.parse(await unpack(file, bytes)));
    runs.push(run);
    if (mayHaveChanged(run)) break;
  }
  return runs;
}

/** After a refresh without changes, the last run is still the `up` before it. */
function mayHaveChanged({ kind, result, resourceChanges }: Run): boolean {
  const kinds = Object.entries(resourceChanges ?? {}).filter(([, count]) => count > 0);
  return kind !== "refresh" || result !== "succeeded" || kinds.some(([change]) => change !== "same");
}

function toState(deployment: unknown, history: readonly Run[]): FleetState {
  const { manifest, secrets_providers: encryption } = deploymentSchema.parse(deployment) ?? {};
  const run = history.find(mayHaveChanged);
  const newest = history[0];
  const exported = { deployment: deployment ?? {} };
  const writtenAtMs = manifest === undefined ? undefined : Date.parse(manifest.time);
  return {
    held: toHeldState(exported),
    resources: toStateResources(exported),
    writtenAtMs,
    encryption: encryptionIn(encryption?.state ?? {}),
    lastRun:
      run === undefined || newest === undefined
        ? undefined
        : {
            kind: run.kind,
            succeeded: run.result === "succeeded",
            message: run.message,
            endedAtMs: toMs(newest.endTime),
          },
  };
}

function toMs(time: string | number | undefined): number {
  return time === undefined ? 0 : typeof time === "number" ? time * 1000 : Date.parse(time);
}

function encryptionIn(state: Readonly<Record<string, unknown>>): Encryption {
  const { salt, encryptedkey, url } = state;
  if (typeof salt === "string") return { encryptionsalt: salt };
  return typeof encryptedkey === "string" && typeof url === "string"
    ? { secretsprovider: url, encryptedkey }
    : {};
}
