import { strict as assert } from "node:assert";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { parse } from "yaml";
import { z } from "zod";

import { repositoryRoot } from "../engine/engine";

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const environment = z.record(z.string(), scalar).default({});
const permissionsSchema = z.record(z.string(), z.enum(["read", "write", "none"]));

const stepSchema = z.object({
  name: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: environment,
  with: environment,
});
export type WorkflowStep = z.output<typeof stepSchema>;

const jobSchema = z.object({
  permissions: permissionsSchema.optional(),
  uses: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).default([]),
  outputs: z.record(z.string(), z.string()).default({}),
  environment: z.string().optional(),
  concurrency: z.looseObject({ group: z.string() }).optional(),
  env: environment,
  with: environment,
  steps: z.array(stepSchema).default([]),
});

const workflowSchema = z.object({
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  permissions: permissionsSchema.optional(),
  env: environment,
  jobs: z.record(z.string(), jobSchema),
});
export type Workflow = z.output<typeof workflowSchema>;

const workflowFolder = path.join(repositoryRoot, ".github", "workflows");
const setUpFile = path.join(repositoryRoot, ".github", "actions", "set-up", "action.yml");

/** Reads all workflows by their file names. */
export async function readWorkflows(): Promise<Map<string, Workflow>> {
  const files = (await readdir(workflowFolder)).filter((file) => /\.ya?ml$/.test(file));
  return new Map(await Promise.all(files.map(async (file) => [file, await readWorkflow(file)] as const)));
}

/** Reads one workflow. */
export async function readWorkflow(file: string): Promise<Workflow> {
  return workflowSchema.parse(parse(await readFile(path.join(workflowFolder, file), "utf8")));
}

/** Reads the workflows and the action that sets a job up as they are written. */
export async function readTexts(): Promise<string[]> {
  const files = (await readdir(workflowFolder)).map((file) => path.join(workflowFolder, file));
  return Promise.all([...files, setUpFile].map((file) => readFile(file, "utf8")));
}

/** Reads the steps of the action that sets a job up. */
export async function readSetUp(): Promise<WorkflowStep[]> {
  const action = z.object({ runs: z.object({ steps: z.array(stepSchema) }) });
  return action.parse(parse(await readFile(setUpFile, "utf8"))).runs.steps;
}

/** Finds a step, and the environment that it is run with. */
export function stepOf(
  workflow: Workflow,
  jobName: string,
  stepName: string,
): { run: string; env: Record<string, string> } {
  const job = workflow.jobs[jobName];
  assert.ok(job, `no job ${jobName}`);
  const step = job.steps.find(({ name }) => name === stepName);
  assert.ok(step?.run !== undefined, `no step "${stepName}" in job ${jobName}`);
  return { run: step.run, env: { ...workflow.env, ...job.env, ...step.env } };
}
