import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { cacheFolder } from "../../sandbox/cache";

/** Where Node.js keeps what it compiles, for all processes that tests start. */
export const compileCache = path.join(cacheFolder(), "node-compile-cache");

/**
 * Writes a program `node` into a folder, for engines whose environment is built from nothing: it starts Node.js as
 * `hooks.ts` has it started elsewhere. The folder goes first on the PATH.
 *
 * @param cache - Where what is compiled is kept, for another user than that of the tests.
 */
export function writeQuickNode(folder: string, cache = compileCache): string {
  const node = path.join(folder, "node");
  const sdk = path.join(__dirname, "quick-sdk.js");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    node,
    `#!/bin/sh\nNODE_COMPILE_CACHE='${cache}' exec '${process.execPath}' --require='${sdk}' "$@"\n`,
  );
  chmodSync(node, 0o755);
  return folder;
}
