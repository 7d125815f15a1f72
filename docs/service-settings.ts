import path from "node:path";

import { format, resolveConfig } from "prettier";

import { chatSchema, mailSchema, webhookSchema } from "../service/src/settings/notices";
import { approvalRuleSchema, serviceSettingsSchema, stageSchema } from "../service/src/settings/settings";
import { describeSection } from "./configuration";
import { type DescribedKey, describedKeys } from "./described-keys";
import { requiredBy, type Section } from "./sections";

/** The path of the reference of `service.yaml`. */
export const serviceSettingsPage = path.join(__dirname, "service-settings.md");

const head = `
<!-- Generated from the schemas by "npm run docs": change the descriptions there, and run it again. -->

# Settings of the provisioning service

Both processes read it when they start, and report every mistake with its path. Secrets are in [the
environment](service.md#the-two-processes). Editors check a file that begins with \`# yaml-language-server: $schema=<path of docs/schemas/service.json>\`.`;

const sections: readonly Section[] = [
  { title: "`service.yaml`", introduction: "", schema: serviceSettingsSchema },
  { title: "`stages.<stage>`", introduction: "", schema: stageSchema },
  { title: "`stages.<stage>.approvals`", introduction: "", schema: approvalRuleSchema },
  {
    title: "`mail`",
    introduction: "[What is sent](service.md#mail).",
    schema: mailSchema,
  },
  {
    title: "`webhooks[]`",
    introduction: "[What is sent](service.md#webhook).",
    schema: webhookSchema,
  },
  {
    title: "`chats[]`",
    introduction: "[What is sent](service.md#chat).",
    schema: chatSchema,
  },
].map((section) => ({ ...section, required: requiredBy(section.schema) }));

/**
 * Writes the reference from the schemas as they are now.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if a key has no description
 */
export async function writeServiceSettings(): Promise<string> {
  const listed = sections.map(({ schema }) => schema);
  const text = [
    head,
    ...sections.map((section) => {
      const keys = describedKeys(section.schema, listed);
      const isLeaf = ({ name }: DescribedKey): boolean =>
        !keys.some((key) => key.name.startsWith(`${name}.`));
      return describeSection(section, keys.filter(isLeaf));
    }),
  ];
  return format(text.join("\n\n"), {
    ...(await resolveConfig(serviceSettingsPage)),
    parser: "markdown",
    proseWrap: "always",
  });
}
