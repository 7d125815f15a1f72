import { readFile } from "node:fs/promises";

import { parse } from "yaml";
import { z } from "zod";

import { issuesOf } from "../issues";
import { type ServiceSettings, serviceSettingsSchema } from "./settings";

/** Thrown if the service cannot start with its settings; the message says what to correct. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads the file `service.yaml`.
 *
 * @param file its path: the environment variable `SERVICE_SETTINGS`
 * @throws {@link SettingsError} with all errors, each with its path in the file
 */
export async function readSettings(file: string): Promise<ServiceSettings> {
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new SettingsError(`${file} cannot be read as YAML.`, { cause: error });
  }
  const settings = serviceSettingsSchema.safeParse(value);
  if (settings.success) return settings.data;
  const problems = issuesOf(settings.error.issues).map(
    ({ path, message }) => `- ${path || "(root)"}: ${message}`,
  );
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new SettingsError(`${file}: ${count}.\n${problems.join("\n")}`);
}

/**
 * Parses a process's environment by a schema.
 *
 * @throws {@link SettingsError} naming the wrong variables, never their values
 */
export function readEnvironment<T extends z.ZodType>(
  schema: T,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = issuesOf(parsed.error.issues).map(({ path, message }) => `- ${path}: ${message}`);
  throw new SettingsError(`The environment is not complete.\n${problems.join("\n")}`);
}
