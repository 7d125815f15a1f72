import { readFile, writeFile } from "node:fs/promises";

import { parseAsWritten, toNode } from "resistant-tenants-stacks/yaml-file";
import { type Document, isMap } from "yaml";

import { SandboxError } from "../errors";

/** A value of stack configuration, as in YAML; `null` removes the key. */
export type ConfigValue =
  string | number | boolean | null | readonly ConfigValue[] | { readonly [key: string]: ConfigValue };

/**
 * Values by key, such as `tenants:apiUrl`; a path reaches into a structured value, as with `pulumi config set
 * --path`: `tenants:customers[0].status`.
 */
export type ConfigOverrides = Readonly<Record<string, ConfigValue>>;

/** The encryption of a stack's secrets belongs to the stack, not to a copy of its configuration. */
const encryptionKeys = ["secretsprovider", "encryptedkey", "encryptionsalt"];

/** Copies a stack's configuration without its encryption settings; without a source the copy is empty. */
export async function copyConfigFile(source: string | undefined, copy: string): Promise<void> {
  const document = parse(
    source === undefined ? "config: {}\n" : await readFile(source, "utf8"),
    source ?? copy,
  );
  for (const key of encryptionKeys) document.delete(key);
  await writeFile(copy, document.toString());
}

/** Reads how a stack's secrets are encrypted: what `pulumi stack init` wrote into its configuration. */
export async function readEncryption(file: string): Promise<Record<string, string>> {
  const document = parse(await readFile(file, "utf8"), file);
  return Object.fromEntries(
    encryptionKeys.flatMap((key) => {
      const value: unknown = document.get(key);
      return typeof value === "string" ? [[key, value]] : [];
    }),
  );
}

/** Sets how a stack's secrets are encrypted, as {@link readEncryption} returns it. */
export async function writeEncryption(
  file: string,
  encryption: Readonly<Record<string, string>>,
): Promise<void> {
  const document = parse(await readFile(file, "utf8"), file);
  for (const [key, value] of Object.entries(encryption)) document.set(key, value);
  await writeFile(file, document.toString());
}

/** Reads one value of a stack's configuration as it is written; undefined if it is not set. */
export async function readConfig(file: string, key: string): Promise<unknown> {
  return parse(await readFile(file, "utf8"), file).getIn(["config", ...toPath(key)]);
}

/** Sets and removes values in a stack's configuration file. */
export async function overrideConfig(file: string, overrides: ConfigOverrides): Promise<void> {
  const document = parse(await readFile(file, "utf8"), file);
  for (const [key, value] of Object.entries(overrides)) {
    const at = ["config", ...toPath(key)];
    if (value === null) document.deleteIn(at);
    else document.setIn(at, toNode(value));
  }
  await writeFile(file, document.toString());
}

function parse(text: string, file: string): Document {
  const document: Document = parseAsWritten(text);
  const [error] = document.errors;
  if (error) throw new SandboxError("BAD_CONFIGURATION", `${file} is no valid YAML: ${error.message}`);
  const config: unknown = document.get("config");
  if (!isMap(config)) document.set("config", toNode({}));
  return document;
}

/** Splits `tenants:customers[0].status` into `tenants:customers`, 0 and `status`. */
function toPath(key: string): (string | number)[] {
  const parts = key.match(/[^.[\]]+/g) ?? [];
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
