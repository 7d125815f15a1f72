import { styleText } from "node:util";

/** The capabilities of the standard output. */
export interface Screen {
  /** The width of the terminal; undefined if the output goes to a file or another program. */
  columns: number | undefined;
  isColoured: boolean;
}

/** The width of a terminal that does not report one. */
const usualColumns = 80;

/** Returns the capabilities of a stream. `FORCE_COLOR` and `NO_COLOR` override the terminal's. */
export function screenOf(
  stream: Pick<NodeJS.WriteStream, "isTTY" | "columns">,
  environment: NodeJS.ProcessEnv,
): Screen {
  if (!stream.isTTY) return { columns: undefined, isColoured: isForced(environment) ?? false };
  const columns = [stream.columns, Number(environment["COLUMNS"])].find((width) => width > 0);
  return {
    columns: columns ?? usualColumns,
    isColoured: isForced(environment) ?? environment["TERM"] !== "dumb",
  };
}

/** @see {@link https://force-color.org} and {@link https://no-color.org} */
function isForced({ FORCE_COLOR: force, NO_COLOR: no }: NodeJS.ProcessEnv): boolean | undefined {
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return no !== undefined && no !== "" ? false : undefined;
}

/** Writes a text in a style, if colours can be shown. */
export function styled(
  { isColoured }: Screen,
  style: "bold" | "red" | "dim" | undefined,
  text: string,
): string {
  return !isColoured || style === undefined || text === ""
    ? text
    : styleText(style, text, { validateStream: false });
}
