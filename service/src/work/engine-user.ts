import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";

import { SettingsError } from "../settings/read";
import type { ServiceSettings } from "../settings/settings";
import { type Program, programFolders } from "./program";

const run = promisify(execFile);

/** The user that runs engines, which can read neither the worker's environment nor its files. */
export interface EngineUser {
  uid: number;
  gid: number;
}

/**
 * Finds the user of `work.engineUser`, and checks that it can reach what an engine needs.
 *
 * @returns undefined without that setting: engines then run as the worker
 * @throws {@link SettingsError} with what to correct
 */
export async function findEngineUser(
  { work }: Pick<ServiceSettings, "work">,
  environment: EnvironmentVariables,
  program: Program,
): Promise<EngineUser | undefined> {
  const name = work.engineUser;
  if (name === undefined) return undefined;
  if (process.getuid?.() !== 0)
    throw new SettingsError(
      `work.engineUser is ${name}, and the worker is not root: only root starts processes as another user. Start the worker as root, or take the setting out and give the worker a user of its own.`,
    );
  if (!work.journal.startsWith("s3://"))
    throw new SettingsError(
      "work.engineUser needs work.journal in S3: the worker and its engines would write to one file as two users.",
    );
  const [uid, gid] = await Promise.all([idOf("-u", name), idOf("-g", name)]);
  if (uid === 0) throw new SettingsError(`work.engineUser: ${name} is root. Name a user without privileges.`);
  const user = { uid, gid };
  const missing = [
    ...(await unreachable(user, environment, [
      path.join(program.directory, "Pulumi.yaml"),
      // Without it, the program would compile itself, where that user cannot write.
      path.join(program.directory, "dist", "built"),
      path.join(program.directory, "provider", "preload.js"),
      ...programFolders.map((folder) => path.join(program.directory, folder, ".")),
      path.join(work.directory, "."),
      ...(work.policyPack === undefined ? [] : [path.join(work.policyPack, "PulumiPolicy.yaml")]),
    ])),
    ...(await unreadable(user, program)),
  ];
  if (missing.length > 0)
    throw new SettingsError(
      `work.engineUser: the user ${name} cannot reach ${missing.join(", ")}. Let all users enter the folders on the way (chmod o+x) and read what is there, or install it elsewhere.`,
    );
  return user;
}

async function idOf(which: "-u" | "-g", name: string): Promise<number> {
  try {
    return Number((await run("id", [which, "--", name])).stdout);
  } catch (cause) {
    throw new SettingsError(
      `work.engineUser: the system has no user ${name}. Create it (useradd --system).`,
      {
        cause,
      },
    );
  }
}

/** Prints the arguments that the current user cannot enter or read, and the programs that it cannot run. */
const lookAt = `
for at; do if test -d "$at"; then test -x "$at"; else test -r "$at"; fi || echo "$at"; done
for name in pulumi node; do command -v "$name" >/dev/null || echo "the program $name on the worker's PATH"; done
`;

async function unreachable(
  user: EngineUser,
  { PATH: searchPath = "" }: EnvironmentVariables,
  places: readonly string[],
): Promise<string[]> {
  const { stdout } = await run("/bin/sh", ["-c", lookAt, "sh", ...places], {
    ...user,
    cwd: "/",
    env: { PATH: searchPath },
  });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Finds a compiled file that the user cannot read, because of the permissions it was compiled with. */
async function unreadable(user: EngineUser, { directory }: Program): Promise<string[]> {
  const compiled = ["provider", "stacks", "operations", "policy"].map((name) =>
    path.join(directory, name, "dist"),
  );
  const { stdout } = await run("find", [...compiled, "!", "-readable", "-print", "-quit"], {
    ...user,
    cwd: "/",
  }).catch((error: unknown) => error as { stdout: string });
  return stdout.split("\n").filter((line) => line !== "");
}

/**
 * Runs `pulumi version` as the user that will run the engine, with a temporary home folder.
 *
 * @param directory of jobs: `work.directory`
 */
export async function engineVersion(
  directory: string,
  { PATH: searchPath = "" }: EnvironmentVariables,
): Promise<string> {
  const home = await mkdtemp(path.join(directory, "version-"));
  try {
    const env = { PATH: searchPath, HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return (await run("pulumi", ["version"], { env })).stdout.trim();
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
