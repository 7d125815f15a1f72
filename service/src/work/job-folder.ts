import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";

import { parse, stringify } from "yaml";
import { z } from "zod";

import { type Program, programFolders } from "./program";

/** How a stack's secrets are encrypted: what its file holds beside `config`. It belongs to the stack for good. */
export const stackSettingsSchema = z
  .object({
    secretsprovider: z.string().optional(),
    encryptedkey: z.string().optional(),
    encryptionsalt: z.string().optional(),
  })
  .catch({});
export type StackSettings = z.output<typeof stackSettingsSchema>;

/** A folder in which engines work for one job: it links to the program, and holds all that they write. */
export interface JobFolder {
  directory: string;
  /** The folder in which `pulumi` is run. */
  project: string;
  stackFile: string;
  /** Where commands write. */
  output: string;
}

/** Makes the folder of a job anew. */
export async function makeJobFolder(
  directory: string,
  { program, stack, plugins }: { program: Program; stack: string; plugins: string | undefined },
): Promise<JobFolder> {
  await rm(directory, { recursive: true, force: true });
  const project = path.join(directory, "project");
  const output = path.join(directory, "output");
  const home = path.join(directory, "home");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await Promise.all([project, output, home, path.join(directory, "tmp")].map((folder) => mkdir(folder)));
  await Promise.all([
    copyFile(path.join(program.directory, "Pulumi.yaml"), path.join(project, "Pulumi.yaml")),
    ...programFolders.map((folder) =>
      symlink(path.join(program.directory, folder), path.join(project, folder)),
    ),
    ...(plugins !== undefined && existsSync(plugins) ? [symlink(plugins, path.join(home, "plugins"))] : []),
  ]);
  return { directory, project, stackFile: path.join(project, `Pulumi.${stack}.yaml`), output };
}

/** Writes a stack's file. */
export async function writeStackFile(
  { stackFile }: JobFolder,
  settings: StackSettings,
  configuration: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = stringify({ ...settings, config: configuration }, { aliasDuplicateObjects: false });
  await writeFile(stackFile, text, { mode: 0o600 });
}

/** Reads how a stack's secrets are encrypted from its file. */
export async function readStackSettings({ stackFile }: JobFolder): Promise<StackSettings> {
  const text = await readFile(stackFile, "utf8").catch(() => "");
  return stackSettingsSchema.parse(parse(text) ?? {});
}
