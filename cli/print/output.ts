import { printable } from "pulumi-resistant-tenants/internal/vocabulary";

import { screenOf } from "./screen";
import { type CellValue, drawTable, type Table } from "./table";

/** Prints a line for people: text from a file or a server cannot move the cursor. */
export function line(text = ""): void {
  process.stdout.write(`${text.split("\n").map(printable).join("\n")}\n`);
}

/** Prints the one JSON value of a command. */
export function json(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Prints a table, as wide as the terminal or separated by tabs: see {@link drawTable}.
 *
 * @param leaveOut the headings of columns that a narrow terminal can omit, the least important first
 */
export function table(
  heading: Table["heading"],
  rows: Table["rows"],
  leaveOut: readonly string[] = [],
): void {
  const shown = rows.map((row) => row.map(printableCell));
  const lines = drawTable({ heading, rows: shown, leaveOut }, screenOf(process.stdout, process.env));
  process.stdout.write(`${lines.join("\n")}\n`);
}

function printableCell(cell: CellValue): CellValue {
  return typeof cell === "object" ? { alarm: printable(cell.alarm) } : printable(cell ?? "");
}

/** Prints names and values in two columns; an absent value is omitted. */
export function fields(list: ReadonlyArray<readonly [name: string, value: string | undefined]>): void {
  const width = Math.max(...list.map(([name]) => name.length));
  for (const [name, value] of list) if (value !== undefined) line(`${name.padEnd(width)}  ${value}`);
}

/**
 * Prints rows as CSV (RFC 4180), with a heading. A value that a spreadsheet would run as a formula gets an apostrophe
 * before it.
 *
 * @see {@link https://owasp.org/www-community/attacks/CSV_Injection OWASP, CSV injection}
 */
export async function csv<Column extends string>(
  columns: readonly Column[],
  rows: ReadonlyArray<Partial<Record<Column, string>>>,
): Promise<void> {
  // Only one command writes CSV.
  const { stringify } = await import("csv-stringify/sync");
  process.stdout.write(
    stringify([...rows], {
      header: true,
      columns: [...columns],
      record_delimiter: "windows",
      escape_formulas: true,
    }),
  );
}
