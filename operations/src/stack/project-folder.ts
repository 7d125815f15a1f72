import { existsSync, statSync } from "node:fs";
import path from "node:path";

import { UsageError } from "../usage";
import type { StackOptions } from "./pulumi";

/** The names of the engine's project files. */
const projectFiles = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/**
 * Finds the folder in which `pulumi` is run: `--cwd`, or the current folder.
 *
 * @throws {@link UsageError} if the folder does not exist, or contains no project and is in none
 */
export function projectFolderOf({ cwd }: StackOptions): string {
  const folder = existingFolder(cwd);
  if (isInProject(folder)) return folder;
  throw new UsageError(
    `There is no Pulumi.yaml in ${folder} or a folder above it. ` +
      `Run the command in the project's folder, or name that folder: --cwd <folder>.`,
  );
}

/** @throws {@link UsageError} if the folder does not exist */
export function existingFolder(cwd = "."): string {
  const folder = path.resolve(cwd);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return folder;
  throw new UsageError(
    found === undefined
      ? `--cwd: there is no folder ${folder}. Name the project's folder.`
      : `--cwd: ${folder} is not a folder. Name the folder that contains it.`,
  );
}

function isInProject(folder: string): boolean {
  if (projectFiles.some((file) => existsSync(path.join(folder, file)))) return true;
  const parent = path.dirname(folder);
  return parent !== folder && isInProject(parent);
}
