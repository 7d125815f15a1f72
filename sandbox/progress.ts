/** Prints one line about the sandbox's progress; `update`, if present, rewrites the terminal's last line. */
export interface Log {
  (line: string): void;
  update?: (line: string) => void;
}

const clearLine = "\r\u001B[2K";

/** Creates the log of a command: lines on standard output, and on a terminal one line that is updated. */
export function consoleLog(stream: NodeJS.WriteStream = process.stdout): Log {
  const log: Log = (line) => {
    stream.write(`${stream.isTTY ? clearLine : ""}${line}\n`);
  };
  if (stream.isTTY) {
    log.update = (line) => {
      stream.write(`${clearLine}${line.slice(0, Math.max(0, stream.columns - 1))}`);
    };
  }
  return log;
}

/**
 * Shows how long a task has been running: each second on a terminal's updating line, otherwise one line every
 * 30 s.
 *
 * @returns Resolves with the task's result, or rejects with its error.
 */
export async function withElapsed<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const update = log.update;
  const report = (): void => {
    (update ?? log)(`  ${what}: ${elapsed(performance.now() - startedAt)} so far`);
  };
  const timer = setInterval(report, update ? 1_000 : 30_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    update?.("");
  }
}

/** Writes a duration in milliseconds for people: `2.4 s`, `1 min 05 s`. */
export function elapsed(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
