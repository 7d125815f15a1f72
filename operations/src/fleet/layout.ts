import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { committedFiles, contentOf } from "../configuration/proposed-files";
import { UsageError } from "../usage";
import { type FleetOptions, projectOf, stageFileOf } from "./backend";
import { digestOf } from "./digest";
import { readProject } from "./project";
import { type FleetStack, type FleetStage, readStage } from "./stage";

/** The layout of a stage. */
export interface Layout {
  stage: FleetStage;
  stacks: readonly FleetStack[];
}

/**
 * Assigns a stage's customers to its stacks. It uses neither the engine nor a backend.
 *
 * @param since a git commit: only the stacks whose customers or settings have changed since
 */
export async function readLayout(
  options: FleetOptions,
  environment: EnvironmentVariables,
  since?: string,
): Promise<Layout> {
  const project = await projectOf(options);
  const file = stageFileOf(options, project, environment);
  const stage = await readStage(project, options.stage, { file, environment });
  if (since === undefined) return { stage, stacks: stage.stacks };
  const before = await digestsAt(since, stage, environment);
  const stacks = stage.stacks.filter((stack) => before.get(stack.name) !== digestOf(stage, stack, ""));
  return { stage, stacks };
}

/** Returns the stacks' digests at a commit. */
async function digestsAt(
  commit: string,
  { project, name, file }: FleetStage,
  environment: EnvironmentVariables,
): Promise<Map<string, string>> {
  const stageFile = path.relative(project.folder, file);
  if (stageFile.startsWith(".."))
    throw new UsageError(`--since: ${file} is not in the project, so no commit contains it.`);
  const folder = await mkdtemp(path.join(tmpdir(), "resistant-tenants-layout-"));
  try {
    const repository = { folder: project.folder, environment };
    for (const { file: each, mode, object } of await committedFiles(commit, repository)) {
      const isRead = /\.ya?ml$/.test(each) && !each.split("/").some((part) => part.startsWith("."));
      if (!isRead || mode === "120000") continue;
      await mkdir(path.join(folder, path.dirname(each)), { recursive: true });
      await writeFile(path.join(folder, each), await contentOf(object, repository));
    }
    const then = await readProject(folder);
    const stage = await readStage(then, name, { file: path.join(folder, stageFile), environment });
    return new Map(stage.stacks.map((stack) => [stack.name, digestOf(stage, stack, "")]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
