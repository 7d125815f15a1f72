import { existsSync, statSync } from "node:fs";
import path from "node:path";

import { type StackOptions, UsageError } from "../usage";

/** The names under which the engine finds a project. */
const projectFiles = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/**
 * Finds the folder in which `pulumi` is run: `--cwd`, else the present one.
 *
 * @throws {@link UsageError} where there is no such folder, or no project in it or above it
 */
export function projectFolderOf({ cwd }: StackOptions): string {
  const folder = existingFolder(cwd);
  if (isInProject(folder)) return folder;
  throw new UsageError(
    `There is no Pulumi.yaml in ${folder}, nor in a folder above it. ` +
      `Run the command in the project's folder, or name that folder: --cwd <folder>.`,
  );
}

/** @throws {@link UsageError} where there is no such folder */
export function existingFolder(cwd = "."): string {
  const folder = path.resolve(cwd);
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return folder;
  throw new UsageError(
    found === undefined
      ? `--cwd: there is no folder ${folder}. Name the project's folder.`
      : `--cwd: ${folder} is no folder. Name the folder that it is in.`,
  );
}

function isInProject(folder: string): boolean {
  if (projectFiles.some((file) => existsSync(path.join(folder, file)))) return true;
  const parent = path.dirname(folder);
  return parent !== folder && isInProject(parent);
}
