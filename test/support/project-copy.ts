import { cp, symlink } from "node:fs/promises";
import path from "node:path";

const repositoryRoot = path.resolve(__dirname, "../..");

/**
 * Copies the built project, without its tests, so that a test may change its files. It uses the project's
 * packages.
 *
 * @param target a folder that does not exist yet
 */
export async function copyProject(target: string): Promise<void> {
  const skipped = new Set(
    [".git", "node_modules", "test", "bench"].map((name) => path.join(repositoryRoot, name)),
  );
  await cp(repositoryRoot, target, {
    recursive: true,
    preserveTimestamps: true,
    filter: (source) => !skipped.has(source),
  });
  await symlink(path.join(repositoryRoot, "node_modules"), path.join(target, "node_modules"));
}
