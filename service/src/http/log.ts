import type { Writable } from "node:stream";

/** The fields of a log line, and no others: no header, no body, no person's address, no error text. */
export interface LogFields {
  /** The method and the route, as the code has it; ids in paths are separate fields. */
  route?: string | undefined;
  status?: number | undefined;
  milliseconds?: number | undefined;
  /** The id in the table `people`. */
  person?: string | undefined;
  request?: string | undefined;
  problem?: string | undefined;
  /** A notice, its channel, and how the attempt ended. */
  notice?: string | undefined;
  channel?: string | undefined;
  topic?: string | undefined;
  /** The name of an error's class, and where it was thrown. */
  error?: string | undefined;
  at?: string | undefined;
  port?: number | undefined;
  metricsPort?: number | undefined;
}

/** Writes one line of JSON for each event. */
export interface ServiceLog {
  (level: "info" | "warn" | "error", event: string, fields?: LogFields): void;
}

const allowed = [
  "route",
  "status",
  "milliseconds",
  "person",
  "request",
  "problem",
  "notice",
  "channel",
  "topic",
  "error",
  "at",
  "port",
  "metricsPort",
] as const satisfies readonly (keyof LogFields)[];

/**
 * Opens the log: each event becomes one line of JSON with the time, the level, the event and the fields of
 * {@link LogFields}; other fields are left out.
 */
export function openLog(output: Writable, now: () => Date): ServiceLog {
  return (level, event, fields = {}) => {
    const line: Record<string, unknown> = { time: now().toISOString(), level, event };
    for (const name of allowed) if (fields[name] !== undefined) line[name] = fields[name];
    output.write(`${JSON.stringify(line)}\n`);
  };
}

/** Returns what a log may contain of an error: its class, its code and its place in our own code, never its text. */
export function describeError(error: unknown): Pick<LogFields, "error" | "at"> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const at = error.stack?.split("\n").find((line) => /[\\/]service[\\/](?:dist|src)[\\/]/.test(line));
  const place = at?.replace(/^.*[\\/]service[\\/](?:dist|src)[\\/]/, "").replace(/\)$/, "");
  return { error: `${error.name}${code}`, at: place };
}
