import stringWidth from "string-width";

import { type Screen, styled } from "./screen";

/** A cell that needs attention: it is printed in red. */
export interface Alarm {
  alarm: string;
}

/** A value of a table; an absent one is left blank. */
export type CellValue = string | Alarm | undefined;

/** A table of a heading and rows. */
export interface Table {
  heading: readonly string[];
  rows: ReadonlyArray<readonly CellValue[]>;
  /** The headings of columns that a narrow terminal can omit, the least important first. */
  leaveOut?: readonly string[];
}

const gap = "  ";

/** A narrower column would be useless. */
const narrowest = 4;

/** An id has 36 characters. A longer value is text, which is cut before another column is omitted. */
const longestId = 36;

interface Column {
  heading: string;
  cells: readonly Drawn[];
  width: number;
}

interface Drawn {
  text: string;
  isAlarm: boolean;
}

/**
 * Draws a table. On a terminal its lines are no longer than the terminal is wide: columns are omitted, empty
 * ones and the least important first, and then the longest values are cut. Elsewhere the cells are complete
 * and separated by tabs.
 *
 * @param table its cells contain no control characters
 * @returns the lines
 */
export function drawTable({ heading, rows, leaveOut = [] }: Table, screen: Screen): string[] {
  const columns = heading.map((name, index) => toColumn(name, rows, index));
  if (screen.columns === undefined) return drawLines(columns, (text) => text, "\t", screen);
  const { kept, leftOut } = fit(columns, leaveOut, screen.columns);
  const lines = drawLines(narrow(kept, screen.columns), alignLeft, gap, screen);
  if (leftOut.length === 0) return lines;
  const note = `Not shown: ${leftOut.join(", ")}. Use a wider terminal, or --json.`;
  return [...lines, styled(screen, "dim", truncate(note, screen.columns))];
}

function toColumn(heading: string, rows: Table["rows"], index: number): Column {
  const cells = rows.map((row): Drawn => {
    const cell = row[index];
    const isAlarm = typeof cell === "object";
    return { text: (isAlarm ? cell.alarm : cell) ?? "", isAlarm };
  });
  // A spread of a journal's hundreds of thousands of rows is too much for one call.
  const width = cells.reduce((widest, { text }) => Math.max(widest, stringWidth(text)), stringWidth(heading));
  return { heading, cells, width };
}

/** Omits columns until the table fits, or no more can be omitted. */
function fit(
  columns: readonly Column[],
  leaveOut: readonly string[],
  width: number,
): { kept: Column[]; leftOut: string[] } {
  let kept = [...columns];
  const spared = (leavesOut: (column: Column) => boolean): void => {
    if (widthOf(kept.map(cutText)) > width) kept = kept.filter((column) => !leavesOut(column));
  };
  spared(({ cells }) => cells.every(({ text }) => text === ""));
  const filled = kept;
  for (const heading of leaveOut) spared((column) => column.heading === heading);
  return { kept, leftOut: filled.filter((column) => !kept.includes(column)).map(({ heading }) => heading) };
}

function cutText(column: Column): Column {
  return { ...column, width: Math.min(column.width, longestId) };
}

/** Narrows the widest columns until the table fits. */
function narrow(columns: readonly Column[], width: number): Column[] {
  const narrowed = columns.map((column) => ({ ...column }));
  for (let excess = widthOf(narrowed) - width; excess > 0; excess--) {
    const widest = narrowed.reduce((a, b) => (b.width > a.width ? b : a));
    if (widest.width <= narrowest) break;
    widest.width--;
  }
  return narrowed;
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + gap.length * (columns.length - 1);
}

function drawLines(
  columns: readonly Column[],
  align: (text: string, width: number) => string,
  separator: string,
  screen: Screen,
): string[] {
  const drawLine = (cells: ReadonlyArray<Drawn & { style?: "bold" }>): string =>
    cells
      .map(({ text, isAlarm, style }, index) => {
        const column = columns[index];
        const aligned = column === undefined ? text : align(text, column.width);
        const isLast = index === columns.length - 1;
        return styled(screen, style ?? (isAlarm ? "red" : undefined), isLast ? aligned.trimEnd() : aligned);
      })
      .join(separator);
  const heading = columns.map((column) => ({ text: column.heading, isAlarm: false, style: "bold" as const }));
  const count = columns[0]?.cells.length ?? 0;
  const rows = Array.from({ length: count }, (_, row) =>
    columns.map(({ cells }) => cells[row] ?? { text: "", isAlarm: false }),
  );
  return [heading, ...rows].map(drawLine);
}

function alignLeft(text: string, width: number): string {
  const cut = truncate(text, width);
  return cut + " ".repeat(Math.max(0, width - stringWidth(cut)));
}

/** Cuts a text to a width on the terminal, where some characters take two columns and some none. */
function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}
