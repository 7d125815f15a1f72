import { existsSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

import { projectFileIn, stackFileOf, withParents } from "pulumi-resistant-tenants/internal/project-file";
import { parse } from "yaml";
import { z } from "zod";

const stackFileSchema = z.object({
  secretsprovider: z.string().optional(),
  encryptionsalt: z.string().optional(),
});

/**
 * Finds the encryption of a stack's secrets. The engine does not pass it to a policy pack, so it is read from
 * the stack's file: `PULUMI_OPTION_CONFIG_FILE`, or else the one in the project.
 *
 * @returns `awskms://…` and the like, as in the file; `passphrase`; `service` if the backend's own service
 * encrypts; undefined if no file of this stack was found
 */
export function findSecretsProvider(
  project: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const file = findStackFile(project, stack, environment);
  if (file === undefined) return undefined;
  // Customers may share settings by any number of aliases, which are not copied here.
  const value: unknown = parse(readFileSync(file, "utf8"), { maxAliasCount: -1 });
  const { data } = stackFileSchema.safeParse(value ?? {});
  if (data === undefined) return undefined;
  return data.secretsprovider ?? (data.encryptionsalt === undefined ? "service" : "passphrase");
}

/**
 * Finds the folder of the project's `Pulumi.yaml`, which the engine does not pass to a policy pack: upwards
 * from where the command runs, from where it was typed, from the pack, and from the stack's file. The pack
 * comes late, because it may be from another checkout of the same project.
 */
export function findProjectFolder(
  project: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return projectFolders(project, environment)[0];
}

function findStackFile(
  project: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const given = environment["PULUMI_OPTION_CONFIG_FILE"] ?? "";
  if (given !== "")
    return startingFolders(environment)
      .map((folder) => path.resolve(folder, given))
      .find(existsSync);
  return projectFolders(project, environment)
    .map((folder) => stackFileOf(folder, stack))
    .find((file) => existsSync(file));
}

function projectFolders(
  project: string,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const given = environment["PULUMI_OPTION_CONFIG_FILE"] ?? "";
  const ofStackFile = given === "" ? [] : [path.dirname(path.resolve(given))];
  return [...startingFolders(environment), ...ofStackFile]
    .flatMap(withParents)
    .filter((folder) => isProject(folder, project));
}

/** Returns the folders where the command may have been started, the most reliable first. */
function startingFolders(environment: Readonly<Record<string, string | undefined>>): string[] {
  return [...foldersOfAncestors(), environment["PWD"] ?? "", process.cwd()].filter((folder) => folder !== "");
}

/** The most processes between the pack and the shell. */
const mostAncestors = 8;

/**
 * Returns the working directories of this process's ancestors, the nearest first: the engine starts a pack in
 * the pack's folder, and runs itself in the project's. Only Linux shows them.
 */
function foldersOfAncestors(): string[] {
  const folders: string[] = [];
  let pid = process.ppid;
  for (let ancestor = 0; ancestor < mostAncestors && pid > 1; ancestor += 1) {
    try {
      folders.push(readlinkSync(`/proc/${pid}/cwd`));
      pid = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    } catch {
      break;
    }
  }
  return folders;
}

function isProject(folder: string, project: string): boolean {
  const file = projectFileIn(folder);
  if (file === undefined) return false;
  const parsed = z.object({ name: z.string() }).safeParse(parse(readFileSync(file, "utf8")));
  return parsed.data?.name === project;
}
