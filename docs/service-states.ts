import { readFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { endStates, ways } from "../service/src/requests/state-machine";

/** The page whose list of states is generated. */
export const statesPage = path.join(__dirname, "service.md");

const begin = "<!-- Generated from service/src/requests/state-machine.ts by `npm run docs`. -->";
const end = "<!-- End of what is generated. -->";

/**
 * Inserts the current list of a request's states into the page.
 *
 * @returns Resolves with Markdown, formatted as the project's is
 * @throws if the page has no place for the list
 */
export async function writeStates(): Promise<string> {
  const page = await readFile(statesPage, "utf8");
  const [before, rest] = page.split(begin);
  const [, after] = (rest ?? "").split(end);
  if (before === undefined || after === undefined)
    throw new Error(`${statesPage} has no place for the states`);
  const text = `${before}${begin}\n\n${listOfStates()}\n\n${end}${after}`;
  return format(text, { ...(await resolveConfig(statesPage)), parser: "markdown", proseWrap: "always" });
}

function listOfStates(): string {
  const lines = Object.entries(ways)
    .filter(([, leaving]) => Object.keys(leaving).length > 0)
    .map(([state, leaving]) => {
      const events = Object.entries(leaving).map(([event, next]) =>
        event === next ? `\`${event}\`` : `\`${event}\` → \`${next}\``,
      );
      return `\`${state}\`: ${events.join(", ")}`;
    });
  const ends = endStates.map((state) => `\`${state}\``).join(", ");
  return [...lines, `${ends}: the end`].map((line) => `- ${line}`).join("\n");
}
