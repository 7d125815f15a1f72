import { existsSync } from "node:fs";
import path from "node:path";

/** The names of a project's file, in the engine's order. */
const projectFiles = ["Pulumi.json", "Pulumi.yaml", "Pulumi.yml"];

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
 * Returns the path of a stack's file in a project's folder: `Pulumi.prod.yaml`. It ends as the project's file does.
 */
export function stackFileBeside(folder: string, stack: string): string {
  return path.join(folder, `Pulumi.${stack}${path.extname(projectFileIn(folder) ?? "Pulumi.yaml")}`);
}
