import path from "node:path";

import { runToSuccess } from "../process";
import type { Lifetime } from "../start/lifetime";

const root = path.resolve(__dirname, "../..");

/** Compiles what has changed since it was last compiled. */
export async function buildService({ log, signal }: Pick<Lifetime, "log" | "signal">): Promise<void> {
  log("Compiling what has changed.");
  const options = { cwd: root, signal };
  await runToSuccess(process.execPath, [path.join(root, "build.js")], options);
  await runToSuccess(process.execPath, [require.resolve("typescript/bin/tsc"), "-b", "service"], options);
}
