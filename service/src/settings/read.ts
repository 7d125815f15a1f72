import { readFile } from "node:fs/promises";

import { parse } from "yaml";
import { z } from "zod";

import { issuesOf } from "../issues";
import { type ServiceSettings, serviceSettingsSchema } from "./settings";
import { problemsOfStage } from "./stage-configuration";

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
  const found = settings.success
    ? problemsOfStages(settings.data)
    : issuesOf(settings.error.issues).map((issue) => withQuotes(issue, value));
  if (settings.success && found.length === 0) return settings.data;
  const problems = [...new Set(found.map(({ path, message }) => `- ${path || "(root)"}: ${message}`))];
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new SettingsError(`${file}: ${count}.\n${problems.join("\n")}`);
}

/** Says what to do about text that YAML took for something else. */
function withQuotes(
  { path, message }: { path: string; message: string },
  settings: unknown,
): { path: string; message: string } {
  const found = path
    .split(".")
    .reduce<unknown>(
      (inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name],
      settings,
    );
  const isText = typeof found !== "number" && typeof found !== "boolean";
  return message !== "must be text" || isText
    ? { path, message }
    : { path, message: `${found} is a ${typeof found} to YAML: write it in quotes` };
}

function problemsOfStages(settings: ServiceSettings): Array<{ path: string; message: string }> {
  return Object.entries(settings.stages).flatMap(([stage, ofStage]) =>
    problemsOfStage(settings, stage, ofStage),
  );
}

/**
 * Parses a process's environment by a schema. An empty variable counts as unset: container systems set one for a value
 * that is missing.
 *
 * @throws {@link SettingsError} naming the wrong variables, never their values
 */
export function readEnvironment<T extends z.ZodType>(
  schema: T,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<T> {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const problems = issuesOf(parsed.error.issues).map(({ path, message }) => `- ${path}: ${message}`);
  throw new SettingsError(`The environment is not complete.\n${problems.join("\n")}`);
}
