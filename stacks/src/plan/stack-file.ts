import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

/** A run's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

const fileSchema = z.looseObject({ secretsprovider: z.string().default("default") });

/**
 * Reads how the secrets of a stack are encrypted, from its file `Pulumi.<stack>.yaml`: the engine tells no program.
 *
 * @param stack the stack's name, without its project
 * @param directory a folder of the project: that of `Pulumi.yaml`, or one below it
 * @param environment tells where the engine was told that the file is (`PULUMI_OPTION_CONFIG_FILE`)
 * @returns `default` for none; undefined where there is no such file, or none that can be read
 */
export async function readSecretsProvider(
  stack: string,
  directory: string,
  environment: Environment,
): Promise<string | undefined> {
  const project = projectDirectory(directory);
  const found = path.resolve(project, environment["PULUMI_OPTION_CONFIG_FILE"] ?? `Pulumi.${stack}.yaml`);
  if (!existsSync(found)) return undefined;
  const { parse } = await import("yaml");
  try {
    return fileSchema.parse(parse(await readFile(found, "utf8")) ?? {}).secretsprovider;
  } catch {
    // The engine has read it before, and says itself what is wrong with it.
    return undefined;
  }
}

function projectDirectory(start: string): string {
  const isHere = ["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(path.join(start, name)));
  const parent = path.dirname(start);
  return isHere || parent === start ? start : projectDirectory(parent);
}
