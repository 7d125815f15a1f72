import { messageOf, printable } from "pulumi-resistant-tenants/client";
import { nameOfUrn, typeOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { type PlanReport, readPlanReport } from "resistant-tenants-stacks/plan";
import { z } from "zod";

import { readTextFile } from "../text-file";

/** A resource before or after a step. The engine has left out its secrets. */
export interface ResourceState {
  type: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  protect: boolean;
  provider: string | undefined;
  /** Its other relevant data from the engine: see `options.ts`. */
  options: Record<string, unknown>;
}

/** One step of a previewed update. */
export interface Step {
  /** The engine's operation: `create`, `update`, `replace`, `delete`, `same`, … */
  operation: string;
  urn: string;
  /** The resource's type, without its parents'. */
  type: string;
  /** The resource's name in the stack. */
  name: string;
  /** Its inputs, without secrets. */
  inputs: Record<string, unknown>;
  /** Absent if it is created. */
  before?: ResourceState;
  /** Absent if it is deleted. */
  after?: ResourceState;
}

/** The output of a preview. */
export interface Preview {
  steps: Step[];
  /** The program's report; absent if it had nothing to add, or another program made the preview. */
  report?: PlanReport;
}

/** The engine's internal data: none of it is an option of a resource. */
const books = ["urn", "id", "custom", "created", "modified", "sourcePosition", "stackTrace"];

const stateSchema = z
  .looseObject({
    type: z.string().default(""),
    inputs: z.record(z.string(), z.unknown()).default({}),
    outputs: z.record(z.string(), z.unknown()).default({}),
    protect: z.boolean().default(false),
    provider: z.string().optional(),
  })
  .transform(({ type, inputs, outputs, protect, provider, ...rest }): ResourceState => {
    const others = Object.entries(rest).filter(([name]) => !books.includes(name));
    const options = { ...Object.fromEntries(others), ...(provider === undefined ? {} : { provider }) };
    return { type, inputs, outputs, protect, provider, options };
  });

const previewSchema = z.object({
  steps: z.array(
    z.object({
      op: z.string(),
      urn: z.string(),
      oldState: stateSchema.nullish(),
      newState: stateSchema.nullish(),
    }),
  ),
  diagnostics: z
    .array(z.object({ severity: z.string(), message: z.string() }))
    .nullish()
    .transform((diagnostics) => diagnostics ?? []),
});

/**
 * Reads the output of `pulumi preview --json --show-sames`, or of `pulumi refresh --preview-only --json`.
 *
 * @throws if it is something else, or incomplete because the preview failed
 */
export async function readPreview(file: string): Promise<Preview> {
  return readPreviewText(await readTextFile(file), file);
}

/**
 * Parses the same from its text.
 *
 * @param file the file's name, for messages
 */
export function readPreviewText(text: string, file: string): Preview {
  const preview = previewSchema.safeParse(parseJson(text, file));
  if (!preview.success) {
    throw new Error(`${file} is not output of \`pulumi preview --json\`: ${messageOf(preview.error)}`, {
      cause: preview.error,
    });
  }
  const { diagnostics } = preview.data;
  const messagesOf = (wanted: string): string[] =>
    diagnostics.filter(({ severity }) => severity === wanted).map(({ message }) => message);
  const errors = messagesOf("error");
  if (errors.length > 0) throw new Error(`The preview in ${file} failed:\n${indented(errors.join("\n"))}`);
  const steps = preview.data.steps.map(toStep);
  const report = readPlanReport(messagesOf("info"));
  return { steps, ...(report === undefined ? {} : { report }) };
}

function toStep({ op, urn, oldState, newState }: z.output<typeof previewSchema>["steps"][number]): Step {
  return {
    operation: op,
    urn,
    type: typeOfUrn(urn),
    name: nameOfUrn(urn),
    inputs: newState?.inputs ?? {},
    ...(oldState == null ? {} : { before: oldState }),
    ...(newState == null ? {} : { after: newState }),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON, as \`pulumi preview --json\` writes it: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Indents a program's output, so that a workflow's runner does not read a line of it as a command.
 *
 * @see {@link https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands GitHub,
 * workflow commands}
 */
function indented(text: string): string {
  const lines = text.trim().split("\n").slice(0, 50);
  return lines
    .map((line) => `  ${printable(line).replaceAll("::", ": :").replaceAll("##[", "## [")}`)
    .join("\n");
}
