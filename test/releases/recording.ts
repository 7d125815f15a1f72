import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import type { TenantRecord } from "../../sandbox/api";
import { parseExactJson, toBigIntJson, writeExactJson } from "../../sandbox/api/exact-json";

/** What a stack that one released version has updated leaves behind, as files of one folder. */
export interface Recording {
  /** The stack's configuration file, as it was. */
  config: string;
  /** What `pulumi stack export` wrote: secrets are encrypted, with the passphrase of the tests' workspaces. */
  state: string;
  journal: string;
  /** What there was at the vendor. */
  vendor: TenantRecord[];
}

export const stages = ["testing", "production"] as const;
export type Stage = (typeof stages)[number];

/** The folder of one recording: `<version>/<stage>`. */
export function folderOf(version: string, stage: Stage): string {
  return path.join(__dirname, version, stage);
}

/** Lists the versions that have left a recording. */
export function recordedVersions(): string[] {
  return readdirSync(__dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Reads the version that the package has now. */
export async function currentVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(path.join(__dirname, "../../provider/package.json"), "utf8"),
  );
  return z.object({ version: z.string() }).parse(manifest).version;
}

export async function writeRecording(folder: string, recording: Recording): Promise<void> {
  if (existsSync(folder)) {
    throw new Error(
      `${folder} is there: a release's recording is never written again. Raise the version first.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(path.join(folder, "config.yaml"), recording.config),
    writeFile(path.join(folder, "state.json"), recording.state),
    writeFile(path.join(folder, "journal.jsonl"), recording.journal),
    writeFile(path.join(folder, "vendor.json"), `${writeExactJson(recording.vendor)}\n`),
  ]);
}

export async function readRecording(folder: string): Promise<Recording> {
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
  const [config, state, journal, vendor] = await Promise.all(
    ["config.yaml", "state.json", "journal.jsonl", "vendor.json"].map(read),
  );
  return {
    config: config ?? "",
    state: state ?? "",
    journal: journal ?? "",
    // The sandbox wrote it: it is read as what it was.
    vendor: toBigIntJson(parseExactJson(vendor ?? "")) as TenantRecord[],
  };
}

const configFileSchema = z.object({
  config: z
    .looseObject({
      "tenants:apiUrl": z.string(),
      "tenants:clientId": z.string(),
      "tenants:secretPrefix": z.string(),
      "tenants:journal": z.string(),
    })
    .catchall(z.json()),
});

/** Reads the values of a recorded configuration file. */
export function configurationOf({ config }: Recording): z.output<typeof configFileSchema>["config"] {
  return configFileSchema.parse(parse(config)).config;
}
