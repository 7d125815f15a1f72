import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { version as sdkVersion } from "@pulumi/pulumi/version";
import { EnvHttpProxyAgent, fetch } from "undici";

import { cacheFolder, makeOnce, shortDigest } from "../cache";
import { reasonOf } from "../errors";
import { runToSuccess } from "../process";
import { elapsed, type Log, withElapsed } from "../progress";
import { buildPulumi } from "./go-build";
import { pulumiGoTools, pulumiScripts } from "./go-modules";

/** The source of a Pulumi CLI: the PATH, Pulumi's installer, or a build from Go modules. */
export type PulumiSource = "path" | "installed" | "built";

/** A Pulumi CLI that can run Node.js programs with dynamic resources. */
export interface PulumiCli {
  /** The folder of `pulumi`, which must be first on the PATH. */
  readonly bin: string;
  readonly version: string;
  readonly source: PulumiSource;
}

/** The programs that the CLI needs beside it, or on the PATH, to run this project. */
const companions = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

/** How long Pulumi's installer may take, even on a slow connection, in milliseconds. */
const installTimeoutMs = 10 * 60_000;

/**
 * Finds a Pulumi CLI that is compatible with the project's @pulumi/pulumi: on the PATH, else in the cache,
 * else by Pulumi's installer, else built from Go modules. The last two fill the cache.
 *
 * @returns Resolves with a CLI that works.
 * @throws SandboxError `PREREQUISITE_MISSING` or `INSTALL_FAILED`, with what to install.
 */
export async function findPulumi({ log }: { log: Log }): Promise<PulumiCli> {
  return (await findOnPath(log)) ?? (await findInCache()) ?? (await install(log)) ?? (await build(log));
}

async function findOnPath(log: Log): Promise<PulumiCli | undefined> {
  const bin = searchPath("pulumi");
  if (bin === undefined) return undefined;
  const version = (await versionOf(bin)) ?? "";
  const unsuited = whyUnsuited(bin, version);
  if (unsuited === undefined) return { bin, version, source: "path" };
  log(`The pulumi in ${bin} ${unsuited}: looking further.`);
  return undefined;
}

function whyUnsuited(bin: string, version: string): string | undefined {
  if (version === "") return "does not answer `pulumi version`";
  if (!suits(version)) return `is ${version}, and this project needs ${sdkVersion} or a later 3.x`;
  const beside = path.dirname(realpathSync(path.join(bin, "pulumi")));
  const missing = companions.filter((name) => !existsSync(path.join(beside, name)) && !searchPath(name));
  return missing.length > 0 ? `has no ${missing.join(" and no ")} beside it or on the PATH` : undefined;
}

async function findInCache(): Promise<PulumiCli | undefined> {
  for (const source of ["installed", "built"] as const) {
    const folder = cachedCli(source);
    if (!existsSync(folder) || (await readFile(path.join(folder, "source"), "utf8")) !== source) continue;
    const bin = path.join(folder, "bin");
    const version = await versionOf(bin);
    if (version !== undefined) return { bin, version, source };
    await rm(folder, { recursive: true, force: true });
  }
  return undefined;
}

async function install(log: Log): Promise<PulumiCli | undefined> {
  if (!(await isPulumiSiteReachable())) {
    log("No Pulumi CLI on the PATH, and Pulumi's download site cannot be reached.");
    return undefined;
  }
  log(`Installing the Pulumi CLI ${sdkVersion} with Pulumi's own installer, once: about a minute.`);
  try {
    return await fillCache("installed", log, (folder) =>
      withElapsed(log, "installing pulumi", async () => {
        await runToSuccess(process.execPath, [path.join(__dirname, "install-cli.js"), folder], {
          timeoutMs: installTimeoutMs,
        });
      }),
    );
  } catch (error) {
    log(`Pulumi's installer did not succeed (${reasonOf(error)}).`);
    return undefined;
  }
}

function build(log: Log): Promise<PulumiCli> {
  return fillCache("built", log, (folder) => buildPulumi(folder, sdkVersion, log));
}

async function fillCache(
  source: Exclude<PulumiSource, "path">,
  log: Log,
  make: (folder: string) => Promise<void>,
): Promise<PulumiCli> {
  const startedAt = performance.now();
  const folder = cachedCli(source);
  await makeOnce(folder, async (temporary) => {
    await make(temporary);
    await runToSuccess(path.join(temporary, "bin", "pulumi"), ["version"], { env: quietEnvironment() });
    await writeFile(path.join(temporary, "source"), source);
  });
  log(`The Pulumi CLI is ready in ${folder} (${elapsed(performance.now() - startedAt)}).`);
  return { bin: path.join(folder, "bin"), version: sdkVersion, source };
}

/** Returns the folder of a CLI in the cache: of one that was built, a different one for each way to build it. */
export function cachedCli(source: Exclude<PulumiSource, "path">): string {
  const installed = path.join(cacheFolder(), `pulumi-${sdkVersion}`);
  if (source === "installed") return installed;
  const recipe = JSON.stringify([pulumiGoTools(sdkVersion), pulumiScripts]);
  return `${installed}-${shortDigest(recipe)}`;
}

/** Returns the first folder on the PATH with an executable of this name. */
function searchPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .find((folder) => isExecutable(path.join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function versionOf(bin: string): Promise<string | undefined> {
  try {
    const said = await runToSuccess(path.join(bin, "pulumi"), ["version"], {
      env: quietEnvironment(),
      timeoutMs: 30_000,
    });
    return /^v?(\d+\.\d+\.\d+\S*)/.exec(said.trim())?.[1];
  } catch {
    return undefined;
  }
}

/** Pulumi writes a log of each command to its home folder, which must not be the user's for these checks. */
function quietEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_HOME: path.join(cacheFolder(), "pulumi-home"),
  };
}

/** Returns whether a CLI is compatible with the project's SDK: the same major version, and no older minor one. */
function suits(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = sdkVersion.split(".").map(Number);
  return major === neededMajor && minor >= neededMinor;
}

let reachable: Promise<boolean> | undefined;

/**
 * Returns whether Pulumi's download site responds within 5 s, through the environment's proxies: the
 * installers themselves retry for minutes. Checked once per process.
 */
export function isPulumiSiteReachable(): Promise<boolean> {
  reachable ??= isAnswering("https://get.pulumi.com/");
  return reachable;
}

async function isAnswering(url: string): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const signal = AbortSignal.timeout(5_000);
    return (await fetch(url, { method: "HEAD", signal, dispatcher })).status < 500;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}
