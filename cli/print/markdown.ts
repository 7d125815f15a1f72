import { printable } from "pulumi-resistant-tenants/client";

/** The longest name that is shown in full: the longest of this project has 61 + 4 + 32 characters and some slashes. */
const longestName = 128;

/**
 * Escapes a text from others so that it is displayed as it is: it cannot end a table's cell, or be a link, an
 * image or an HTML element. Every character with a meaning is written by its number.
 *
 * @param longest how many of its characters are shown
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

/** Escapes a name from others, as {@link literal} does, in `code`, in which GitHub notifies no one. */
export function code(text: string, longest = longestName): string {
  return `<code>${literal(text, longest)}</code>`;
}

/** Writes a table, whose cells are already Markdown. */
export function markdownTable(heading: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)];
}
