import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

/** The program that engines run: the installed project. */
export interface Program {
  /** The folder with `Pulumi.yaml`. */
  directory: string;
  /** The project's name. */
  name: string;
  /** The approved release: another one makes another plan. */
  version: string;
}

/** The program's folders, beside `Pulumi.yaml`. */
export const programFolders = ["stacks", "provider", "node_modules"] as const;

/** Finds the program beside this package. */
export async function findProgram(): Promise<Program> {
  const directory = path.resolve(
    path.dirname(require.resolve("resistant-tenants-stacks/package.json")),
    "..",
  );
  const definition = await readFile(path.join(directory, "Pulumi.yaml"), "utf8");
  const { name } = z.object({ name: z.string() }).parse(parse(definition));
  // Identifies the compiled sources by the digest that the compilation leaves.
  const built = await readFile(path.join(directory, "dist", "built"), "utf8");
  const manifest: unknown = JSON.parse(
    await readFile(path.join(directory, "provider", "package.json"), "utf8"),
  );
  const { version } = z.object({ version: z.string() }).parse(manifest);
  const digest = createHash("sha256").update(built).digest("hex").slice(0, 16);
  return { directory, name, version: `${version}+${digest}` };
}
