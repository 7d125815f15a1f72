import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { projectFileIn, stackFileOf } from "pulumi-resistant-tenants/internal/project-file";
import { mostFleetBits } from "pulumi-resistant-tenants/internal/vocabulary";
import { parseAsWritten, toNode } from "resistant-tenants-stacks/yaml-file";
import { isMap, isScalar, parse, parseDocument } from "yaml";
import { z } from "zod";

import { UsageError } from "../usage";

const bitsSchema = z.int().min(0).max(mostFleetBits);

/** `fleet` in `Pulumi.yaml`: the engine ignores unknown keys. */
const projectSchema = z.looseObject({
  name: z.string(),
  main: z.string().default("."),
  fleet: z
    .strictObject({
      /** For every stage, or by stage: `{ prod: 5 }`. Default: 0, one stack per stage. */
      bits: z.union([bitsSchema, z.record(z.string(), bitsSchema)]).default(0),
    })
    .optional(),
});

/** The settings of `Pulumi.yaml`. */
export interface Project {
  /** Its folder. */
  folder: string;
  name: string;
  /** The folder of the program, relative to the project's. */
  main: string;
  /** Returns `fleet.bits` of a stage. */
  bitsOf(stage: string): number;
}

/**
 * Reads the project's file.
 *
 * @param folder the folder of `Pulumi.yaml`
 * @throws {@link UsageError} if `fleet` is invalid
 */
export async function readProject(folder: string): Promise<Project> {
  const document = parseDocument(await readFile(projectFileOf(folder), "utf8"));
  const read = projectSchema.safeParse(document.toJS());
  if (!read.success) {
    throw new UsageError(
      `Pulumi.yaml: fleet.bits must be a whole number from 0 to ${mostFleetBits}, or one for each stage: ` +
        "`fleet: { bits: { prod: 5 } }`. A stage has 2^bits stacks.",
      { cause: read.error },
    );
  }
  const { name, main, fleet } = read.data;
  const bits = fleet?.bits ?? 0;
  const byStage = new Map(typeof bits === "number" ? [] : Object.entries(bits));
  const otherwise = typeof bits === "number" ? bits : 0;
  return { folder, name, main, bitsOf: (stage) => byStage.get(stage) ?? otherwise };
}

/** Returns the path of the file of the project in a folder. */
export function projectFileOf(folder: string): string {
  return projectFileIn(folder) ?? path.join(folder, "Pulumi.yaml");
}

/**
 * Writes `fleet.bits` of one stage to `Pulumi.yaml`; other stages and all comments are preserved. One number for every stage
 * becomes one for each: the stacks of the other stages stay as they are.
 */
export async function writeBits(project: Project, stage: string, bits: number): Promise<void> {
  const file = projectFileOf(project.folder);
  const isJson = path.extname(file) === ".json";
  const text = await readFile(file, "utf8");
  const document = isJson ? parseDocument(text) : parseAsWritten(text);
  const place = ["fleet", "bits"];
  const present: unknown = document.getIn(place, true);
  const byStage = new Map([[stage, bits]]);
  if (!isMap(present)) {
    document.setIn(place, document.createNode({}));
    for (const other of await otherStages(project, stage))
      if (project.bitsOf(other) > 0) byStage.set(other, project.bitsOf(other));
  }
  for (const [name, ofStage] of byStage) {
    const value = toNode(ofStage);
    const before = isMap(present) ? present.get(name, true) : present;
    if (name === stage && isScalar(before))
      Object.assign(value, { commentBefore: before.commentBefore, comment: before.comment });
    // In quotes where it is needed: `0100` would be read as a number.
    const key = isJson || parse(name) === name ? name : toNode(name);
    document.setIn([...place, key], isJson ? ofStage : value);
  }
  await writeFile(
    `${file}.new`,
    isJson ? `${JSON.stringify(document.toJS(), undefined, 2)}\n` : document.toString(),
  );
  await rename(`${file}.new`, file);
}

/** Returns the project's other stages: each has a file beside that of the given one. */
async function otherStages({ folder }: Project, stage: string): Promise<string[]> {
  const { dir, ext } = path.parse(stackFileOf(folder, stage));
  const form = new RegExp(`^Pulumi\\.(.+)\\${ext}$`);
  const files = await readdir(dir).catch(() => []);
  return files.flatMap((name) => form.exec(name)?.[1] ?? []).filter((name) => name !== stage);
}
