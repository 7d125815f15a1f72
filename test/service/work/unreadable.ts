import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import type { WorkSandbox } from "./sandbox";

/** The faults of an engine whose states cannot be read after its first completed update. */
export interface Unreadable {
  /** Lets the next readings fail. */
  fail(times: number): Promise<void>;
  /** How many of these are left. */
  left(): Promise<number>;
  /** Lets readings wait for ever, until `answer`. */
  hang(): Promise<void>;
  /** Returns whether a reading waits. */
  hangs(): Promise<boolean>;
  answer(): Promise<void>;
}

/** Has the workers that start from now on use an engine whose states cannot be read at times. */
export async function makeUnreadable({ directory, environment }: WorkSandbox): Promise<Unreadable> {
  const folder = path.join(directory, "unreadable");
  const faults = path.join(folder, "faults");
  await mkdir(faults, { recursive: true });
  const { PATH = "" } = environment;
  const [bin = ""] = PATH.split(path.delimiter);
  const script = `#!/bin/sh
if [ "$1 $2" = "stack export" ] && [ -e '${folder}/updated' ]; then
  for fault in '${faults}'/*; do
    if rm "$fault" 2>/dev/null; then echo "error: no answer" >&2; exit 255; fi
  done
  if [ -e '${folder}/hang' ]; then : >'${folder}/hangs'; exec tail -f /dev/null; fi
fi
'${path.join(bin, "pulumi")}' "$@"
code=$?
if [ "$1" = up ] && [ "$code" = 0 ]; then : >'${folder}/updated'; fi
exit "$code"
`;
  await mkdir(path.join(folder, "bin"));
  await writeFile(path.join(folder, "bin/pulumi"), script, { mode: 0o755 });
  environment["PATH"] = [path.join(folder, "bin"), PATH].join(path.delimiter);
  const exists = (name: string): Promise<boolean> =>
    access(path.join(folder, name)).then(
      () => true,
      () => false,
    );
  return {
    fail: async (times) => {
      for (let fault = 0; fault < times; fault++) await writeFile(path.join(faults, String(fault)), "");
    },
    left: async () => (await readdir(faults)).length,
    hang: () => writeFile(path.join(folder, "hang"), ""),
    hangs: () => exists("hangs"),
    answer: () => rm(path.join(folder, "hang")),
  };
}
