import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

/** The names of a project's file, in the engine's order. */
const projectFiles = ["Pulumi.json", "Pulumi.yaml", "Pulumi.yml"] as const;

/** Finds the project's file (`Pulumi.yaml`) in a folder. */
export function projectFileIn(folder: string): string | undefined {
  return projectFiles.map((name) => path.join(folder, name)).find(existsSync);
}

/**
 * Finds the project's folder from a folder upwards, as the engine does.
 *
 * @returns undefined if the folder is in no project
 */
export function findProjectFolder(from: string): string | undefined {
  return withParents(path.resolve(from)).find((folder) => projectFileIn(folder) !== undefined);
}

/** Returns a folder, and the folders that contain it, the nearest first. */
export function withParents(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...withParents(parent)];
}

/**
 * Returns the path of a stack's file: `Pulumi.prod.yaml`, in the project's folder or in its `stackConfigDir`. It ends as
 * the project's file does.
 *
 * @param folder the project's folder
 * @see {@link https://www.pulumi.com/docs/iac/concepts/projects/project-file/ Pulumi, project file}
 */
export function stackFileOf(folder: string, stack: string): string {
  const projectFile = projectFileIn(folder) ?? path.join(folder, projectFiles[1]);
  return path.join(folder, stackFolderIn(projectFile), `Pulumi.${stack}${path.extname(projectFile)}`);
}

/** `config` is the former name of `stackConfigDir`, if it is text. */
const stackFolderSchema = z.object({
  stackConfigDir: z.string().optional(),
  config: z.string().optional().catch(undefined),
});

/** Reads the folder of the stacks' files, relative to the project's. */
function stackFolderIn(projectFile: string): string {
  const text = existsSync(projectFile) ? readFileSync(projectFile, "utf8") : "";
  // Hardly any project has one, and the library is loaded only if it is needed.
  if (!/stackConfigDir|^[\s{,]*["']?config["']?\s*:[ \t]*[^\s{]/m.test(text)) return "";
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` is not late, or not for CommonJS
  const { parse } = require("yaml") as typeof import("yaml");
  const { stackConfigDir, config } = stackFolderSchema.safeParse(parse(text)).data ?? {};
  return stackConfigDir ?? config ?? "";
}
