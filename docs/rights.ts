import { readFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { trustOf } from "../examples/aws-setup/policies";
import { type Right, rights, type Role, roles, type Subject, subjects } from "../examples/aws-setup/rights";

/** The page whose tables of roles and rights are generated. */
export const rightsPage = path.join(__dirname, "ci.md");

const begin = "<!-- Generated from examples/aws-setup/rights.ts by `npm run docs`. -->";
const end = "<!-- End of what is generated. -->";

/** The columns, and the roles that have the rights in each. */
const columns: ReadonlyArray<{ title: string; roles: readonly Role[] }> = [
  { title: "every role", roles },
  { title: "up and drift", roles: ["up", "drift"] },
  { title: "up", roles: ["up"] },
  { title: "drift", roles: ["drift"] },
];

/**
 * Inserts the current tables of roles and rights into the page.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if a right is for roles without a column, or the page has no place for the tables
 */
export async function writeRights(): Promise<string> {
  const page = await readFile(rightsPage, "utf8");
  const [before, rest] = page.split(begin);
  const [, after] = (rest ?? "").split(end);
  if (before === undefined || after === undefined)
    throw new Error(`${rightsPage} has no place for the rights`);
  const text = `${before}${begin}\n\n${trustTable()}\n\n${rightsTable()}\n\n${end}${after}`;
  return format(text, { ...(await resolveConfig(rightsPage)), parser: "markdown" });
}

function trustTable(): string {
  const rows = roles.map((role) => {
    const { environments, workflows } = trustOf(role, ["<stack>"]);
    return [role, environments.map(code).join(", "), workflows.map(code).join(", ")];
  });
  return table(["role", "trusts the environments", "of the workflows"], rows);
}

function rightsTable(): string {
  for (const right of rights) columnOf(right);
  const rows = (Object.keys(subjects) as Subject[]).map((subject) => [
    subjects[subject],
    ...columns.map((column) =>
      rights
        .filter((right) => right.on === subject && columnOf(right) === column)
        .map(({ action }) => code(action))
        .join(", "),
    ),
  ]);
  return table(["on", ...columns.map(({ title }) => title)], rows);
}

function columnOf({ action, roles: of }: Right): (typeof columns)[number] {
  const found = columns.find((column) => column.roles.join() === of.join());
  if (found === undefined) throw new Error(`${action} is for ${of.join(", ")}: add a column`);
  return found;
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
