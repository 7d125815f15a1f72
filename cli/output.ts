import Table from "cli-table3";
import { styleText } from "node:util";
import { printable } from "pulumi-resistant-tenants/client";

/** Whether people read the standard output, who may be shown colour. */
const isColoured = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";

/** Writes a line for people: what came from a file or a server cannot move the cursor. */
export function line(text = ""): void {
  process.stdout.write(`${text.split("\n").map(printable).join("\n")}\n`);
}

/** Writes the one JSON value of a command. */
export function json(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** A cell that needs attention: people see it in red. */
export interface Alarm {
  alarm: string;
}

/** Writes a table of a heading and rows; an absent value is left blank. */
export function table(
  heading: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | Alarm | undefined>>,
): void {
  const drawn = new Table({
    head: heading.map((text) => (isColoured ? styleText("bold", text) : text)),
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  for (const row of rows) drawn.push(row.map(drawCell));
  process.stdout.write(`${drawn.toString()}\n`);
}

function drawCell(cell: string | Alarm | undefined): string {
  if (typeof cell !== "object") return printable(cell ?? "");
  const text = printable(cell.alarm);
  return isColoured ? styleText("red", text) : text;
}

/** Writes names and values in two columns; an absent value is left out. */
export function fields(list: ReadonlyArray<readonly [name: string, value: string | undefined]>): void {
  const width = Math.max(...list.map(([name]) => name.length));
  for (const [name, value] of list) if (value !== undefined) line(`${name.padEnd(width)}  ${value}`);
}
