import path from "node:path";

import { format, resolveConfig } from "prettier";

import { stages, stageTable } from "../provider/src/names/index";
import { type DescribedKey, describedKeys } from "./described-keys";
import { environmentVariables } from "./environment";
import { type Section, sections } from "./sections";

/** The path of the reference. */
export const configurationPage = path.join(__dirname, "configuration.md");

const head = `
<!-- Generated from the schemas by "npm run docs": change the descriptions there, and run it again. -->

# Configuration reference

In \`Pulumi.<stack>.yaml\`. \`npm run tenants -- check Pulumi.<stack>.yaml\` lists every mistake with its path.`;

/**
 * Writes the configuration reference from the schemas as they are now.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if a key has no description
 */
export async function writeConfigurationReference(): Promise<string> {
  const listed = sections.map(({ schema }) => schema);
  const text = [
    head,
    ...sections.map((section) => describeSection(section, describedKeys(section.schema, listed))),
    describeStages(),
    describeEnvironment(),
  ].join("\n\n");
  return format(text, {
    ...(await resolveConfig(configurationPage)),
    parser: "markdown",
    proseWrap: "always",
  });
}

/** Writes a section: its keys are a list, so that a changed description changes only its own lines. */
export function describeSection(
  { title, introduction, required }: Section,
  keys: readonly DescribedKey[],
): string {
  const items = keys.map(
    ({ name, meaning }) => `- ${code(name)}: ${required.has(name) ? "**Required.** " : ""}${meaning}`,
  );
  return `## ${title}\n\n${introduction}\n\n${items.join("\n")}`;
}

function describeStages(): string {
  const rows = stages.map((stage) => {
    const { apiUrl, cells } = stageTable[stage];
    return [code(stage), code(apiUrl), cells.map(code).join(", ")];
  });
  return `## Stages and their cells\n\n${table(["stage", "`apiUrl`", "cells"], rows)}`;
}

function describeEnvironment(): string {
  const items = environmentVariables.map(
    ({ names, summary, meaning }) => `- ${summary ?? names.map(code).join(", ")}: ${meaning}`,
  );
  return `## Environment variables\n\nIn addition to those of Pulumi and of AWS's SDK:\n\n${items.join("\n")}`;
}

function table(heads: readonly string[], rows: readonly string[][]): string {
  return [heads, heads.map(() => "---"), ...rows].map(toRow).join("\n");
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
