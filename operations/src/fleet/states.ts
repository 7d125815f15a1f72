import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { z } from "zod";

import type { BackendFiles } from "../stack/backend-files";
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
  return {
    // A state that is being compressed, or no longer is, may have both files for a moment.
    list: async () => [
      ...new Set((await files.list(stacks)).flatMap((file) => /^(.+)\.json(?:\.gz)?$/.exec(file)?.[1] ?? [])),
    ],
    locks: (stack) => readLocks(files, `organization/${project}/${stack}`),
    clear: async (locks) => {
      for (const { file } of locks) if (file !== undefined) await files.remove(file);
      return true;
    },
    read: async (stack) => {
      const text = await readPacked(files, `${stacks}/${stack}.json`);
      const { checkpoint } = z
        .object({ checkpoint: z.object({ latest: z.unknown() }) })
        .parse(JSON.parse(text));
      return toState(checkpoint.latest, await readHistory(files, `.pulumi/history/${project}/${stack}`));
    },
  };
}

async function readPacked(files: BackendFiles, file: string): Promise<string> {
  const packed = await files.read(`${file}.gz`);
  if (packed !== undefined) return (await promisify(gunzip)(packed)).toString("utf8");
  const plain = await files.read(file);
  if (plain === undefined) throw new Error(`The backend has no ${file}, which it had a moment ago.`);
  return plain.toString("utf8");
}

/** Reads runs, the newest first, until one may have changed something. */
async function readHistory(files: BackendFiles, folder: string): Promise<Run[]> {
  const names = (await files.list(folder))
    .filter((file) => /\.history\.json(?:\.gz)?$/.test(file))
    .toReversed();
  const runs: Run[] = [];
  for (const name of names) {
    const file = `${folder}/${name.replace(/\.gz$/, "")}`;
    const run = runSchema.parse(JSON.parse(await readPacked(files, file)));
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
