import { styleText } from "node:util";

/** What the standard output can show. */
export interface Screen {
  /** How wide the terminal is; undefined where the output goes to a file or another program. */
  columns: number | undefined;
  isColoured: boolean;
}

/** What a terminal has that does not say how wide it is. */
const usualColumns = 80;

/** Tells what a stream can show. `FORCE_COLOR` and `NO_COLOR` overrule what the terminal says. */
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

/** Writes a text in a style, where colour can be shown. */
export function styled(
  { isColoured }: Screen,
  style: "bold" | "red" | "dim" | undefined,
  text: string,
): string {
  return !isColoured || style === undefined || text === ""
    ? text
    : styleText(style, text, { validateStream: false });
}
