import { statSync } from "node:fs";
import path from "node:path";

import { findProjectFolder } from "pulumi-resistant-tenants/internal/project-file";

import { UsageError } from "../usage";
import type { StackOptions } from "./pulumi";

/**
 * Finds the folder in which `pulumi` is run: `--cwd`, or the current folder.
 *
 * @throws {@link UsageError} if the folder does not exist, or contains no project and is in none
 */
export function projectFolderOf({ cwd }: StackOptions): string {
  const folder = existingFolder(cwd);
  if (findProjectFolder(folder) !== undefined) return folder;
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
