import { existsSync } from "node:fs";
import { chmod, chown, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";

import { encryptionSchema, makeAnew, stackFileIn } from "resistant-tenants-operations/stack/stack-file";
import type { z } from "zod";

import type { EngineUser } from "./engine-user";
import { type Program, programFolders } from "./program";

/** How a stack's secrets are encrypted: the keys beside `config` in its file. They never change. */
export const stackSettingsSchema = encryptionSchema.catch({});
/** How a stack's secrets are encrypted. */
export type StackSettings = z.output<typeof stackSettingsSchema>;

/** The folder of a job: it links to the program and contains the engines' files. */
export interface JobFolder {
  directory: string;
  /** The folder in which `pulumi` is run. */
  project: string;
  stackFile: string;
  /** The engine's plan file. */
  plan: string;
  /** The folder for the output of commands. */
  output: string;
  /** The user that runs the engine. Default: the worker's. */
  user: EngineUser | undefined;
}

/**
 * Creates the empty folder of a job.
 *
 * @param linked folders to which the engine's home links, if they exist
 * @param user the user that runs the engine: it can write only to its home and to the files given to it, so
 * that it cannot put a link where the worker, which is root, writes next
 */
export async function makeJobFolder(
  directory: string,
  {
    program,
    stack,
    linked,
    user,
  }: { program: Program; stack: string; linked: readonly string[]; user?: EngineUser | undefined },
): Promise<JobFolder> {
  const [project, output, home, temporary] = ["project", "output", "home", "tmp"].map((name) =>
    path.join(directory, name),
  ) as [string, string, string, string];
  await makeAnew(directory);
  await Promise.all([project, output, home, temporary].map((folder) => mkdir(folder, { mode: 0o700 })));
  await Promise.all([
    copyFile(path.join(program.directory, "Pulumi.yaml"), path.join(project, "Pulumi.yaml")),
    ...programFolders.map((folder) =>
      symlink(path.join(program.directory, folder), path.join(project, folder)),
    ),
    ...linked
      .filter((folder) => existsSync(folder))
      .map((folder) => symlink(folder, path.join(home, path.basename(folder)))),
  ]);
  const plan = path.join(directory, "plan.json");
  const folder = { directory, project, stackFile: stackFileIn(project, stack), plan, output, user };
  if (user !== undefined) {
    await Promise.all([directory, project].map((each) => chmod(each, 0o711)));
    await chmod(path.join(project, "Pulumi.yaml"), 0o644);
    await Promise.all([home, temporary].map((each) => chown(each, user.uid, user.gid)));
    await Promise.all([giveFile(folder, folder.stackFile, "{}\n"), giveFile(folder, plan, "")]);
  }
  return folder;
}

/** Writes a file that only the engine may read and write. */
export async function giveFile(
  { user }: Pick<JobFolder, "user">,
  file: string,
  content: string | Buffer,
): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  if (user !== undefined) await chown(file, user.uid, user.gid);
}
