import { stringify } from "csv-stringify/sync";

/**
 * Writes rows as CSV (RFC 4180), with a heading. A value that a spreadsheet would run as a formula gets an
 * apostrophe before it.
 *
 * @see {@link https://owasp.org/www-community/attacks/CSV_Injection OWASP, CSV injection}
 */
export function csv<Column extends string>(
  columns: readonly Column[],
  rows: ReadonlyArray<Partial<Record<Column, string>>>,
): void {
  process.stdout.write(
    stringify([...rows], {
      header: true,
      columns: [...columns],
      record_delimiter: "windows",
      escape_formulas: true,
    }),
  );
}
