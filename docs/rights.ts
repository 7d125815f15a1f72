import { readFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { trustOf } from "../examples/aws-setup/policies";
import { type Right, rights, type Role, roles, type Subject, subjects } from "../examples/aws-setup/rights";

/** The page whose roles and rights are generated. */
export const rightsPage = path.join(__dirname, "ci.md");

const begin = "<!-- Generated from examples/aws-setup/rights.ts by `npm run docs`. -->";
const end = "<!-- End of what is generated. -->";

/** The groups of rights on a subject, and the roles of each. */
const groups: ReadonlyArray<{ title: string; roles: readonly Role[] }> = [
  { title: "every role", roles },
  { title: "up and drift", roles: ["up", "drift"] },
  { title: "up", roles: ["up"] },
  { title: "drift", roles: ["drift"] },
];

/**
 * Inserts the current roles and rights into the page.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if a right is for roles without a group, or the page has no place for the text
 */
export async function writeRights(): Promise<string> {
  const page = await readFile(rightsPage, "utf8");
  const [before, rest] = page.split(begin);
  const [, after] = (rest ?? "").split(end);
  if (before === undefined || after === undefined)
    throw new Error(`${rightsPage} has no place for the rights`);
  const text = `${before}${begin}\n\n${trustTable()}\n\n${rightsList()}\n\n${end}${after}`;
  return format(text, {
    ...(await resolveConfig(rightsPage)),
    parser: "markdown",
    proseWrap: "always",
  });
}

function trustTable(): string {
  const rows = roles.map((role) => {
    const { environments, workflows } = trustOf(role, ["<stack>"]);
    return [role, environments.map(code).join(", "), workflows.map(code).join(", ")];
  });
  return table(["role", "trusts the environments", "of the workflows"], rows);
}

function rightsList(): string {
  return (Object.keys(subjects) as Subject[])
    .map((subject) => `- **${subjects[subject]}**: ${rightsOn(subject).join("; ")}`)
    .join("\n");
}

/** Lists the rights on a subject, one text for each group that has some. */
function rightsOn(subject: Subject): string[] {
  const onSubject = rights.filter(({ on }) => on === subject);
  return groups.flatMap((group) => {
    const actions = onSubject.filter((right) => groupOf(right) === group).map(({ action }) => code(action));
    return actions.length === 0 ? [] : [`${group.title} ${actions.join(", ")}`];
  });
}

function groupOf({ action, roles: of }: Right): (typeof groups)[number] {
  const found = groups.find((group) => group.roles.join() === of.join());
  if (found === undefined) throw new Error(`${action} is for ${of.join(", ")}: add a group`);
  return found;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
