import { readFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { endStates, ways } from "../service/src/requests/state-machine";

/** The page whose table of states is generated. */
export const statesPage = path.join(__dirname, "service.md");

const begin = "<!-- Generated from service/src/requests/state-machine.ts by `npm run docs`. -->";
const end = "<!-- End of what is generated. -->";

/**
 * Inserts the current table of a request's states into the page.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if the page has no place for the table
 */
export async function writeStates(): Promise<string> {
  const page = await readFile(statesPage, "utf8");
  const [before, rest] = page.split(begin);
  const [, after] = (rest ?? "").split(end);
  if (before === undefined || after === undefined)
    throw new Error(`${statesPage} has no place for the states`);
  const text = `${before}${begin}\n\n${statesTable()}\n\n${end}${after}`;
  return format(text, { ...(await resolveConfig(statesPage)), parser: "markdown" });
}

function statesTable(): string {
  const rows = Object.entries(ways)
    .filter(([, leaving]) => Object.keys(leaving).length > 0)
    .map(([state, leaving]) => [
      `\`${state}\``,
      Object.entries(leaving)
        .map(([event, next]) => (event === next ? `\`${event}\`` : `\`${event}\` → \`${next}\``))
        .join(", "),
    ]);
  const ends = [endStates.map((state) => `\`${state}\``).join(", "), "the end"];
  return [["state", "what happens → next state, if its name is another"], ["---", "---"], ...rows, ends]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}
