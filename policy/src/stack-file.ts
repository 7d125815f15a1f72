import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

const stackFileSchema = z.object({
  secretsprovider: z.string().optional(),
  encryptionsalt: z.string().optional(),
});

/**
 * Finds what encrypts a stack's secrets. The engine does not tell a policy pack, so it is read from the stack's file:
 * `PULUMI_OPTION_CONFIG_FILE`, else the one beside the `Pulumi.yaml` of the project, looked for upwards from the pack
 * and from where the command was typed.
 *
 * @returns `awskms://…` and the like as the file says; `passphrase`; `service` where the backend's own service encrypts;
 *   undefined where no file of this stack was found
 */
export function findSecretsProvider(
  project: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const file = findStackFile(project, stack, environment);
  if (file === undefined) return undefined;
  const { data } = stackFileSchema.safeParse(parse(readFileSync(file, "utf8")) ?? {});
  if (data === undefined) return undefined;
  return data.secretsprovider ?? (data.encryptionsalt === undefined ? "service" : "passphrase");
}

/** Finds the folder of the project's `Pulumi.yaml`, upwards from the pack and from where the command was typed. */
export function findProjectFolder(
  project: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return projectFolders(project, environment)[0];
}

function findStackFile(
  project: string,
  stack: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const given = environment["PULUMI_OPTION_CONFIG_FILE"];
  if (given !== undefined && given !== "") return existsSync(given) ? given : undefined;
  return projectFolders(project, environment)
    .map((folder) => path.join(folder, `Pulumi.${stack}.yaml`))
    .find((file) => existsSync(file));
}

function projectFolders(
  project: string,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  return [process.cwd(), environment["PWD"] ?? process.cwd()]
    .flatMap(withParents)
    .filter((folder) => isProject(folder, project));
}

function withParents(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...withParents(parent)];
}

function isProject(folder: string, project: string): boolean {
  const file = path.join(folder, "Pulumi.yaml");
  if (!existsSync(file)) return false;
  const parsed = z.object({ name: z.string() }).safeParse(parse(readFileSync(file, "utf8")));
  return parsed.data?.name === project;
}
