import { printable } from "pulumi-resistant-tenants/client";

/** How much of one name is shown: the longest that this project makes has 61 + 4 + 32 characters and some slashes. */
const longestName = 128;

/**
 * Writes a text that others chose so that it shows as it is: it cannot end a table's cell, nor be a link, an image or
 * an HTML element. Every character that could mean something is written by its number.
 *
 * @param longest how many characters of it are shown
 */
export function literal(text: string, longest = longestName): string {
  const all = Array.from(printable(text));
  const shown = all.length > longest ? [...all.slice(0, longest), "…"] : all;
  return shown
    .map((character) =>
      /^[A-Za-z0-9 /-]$/.test(character) ? character : `&#${character.codePointAt(0) ?? 0};`,
    )
    .join("");
}

/** Writes a name that others chose: as {@link literal}, and GitHub looks for nobody to notify in `code`. */
export function code(text: string, longest = longestName): string {
  return `<code>${literal(text, longest)}</code>`;
}

/** Writes a table; its cells are Markdown already. */
export function markdownTable(heading: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)];
}
