import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";

import { cacheFolder, makeOnce } from "./cache";
import { reasonOf, SandboxError } from "./errors";
import { runProcess, runToSuccess } from "./process";
import { elapsed, type Log, withElapsed } from "./progress";

/** The purpose of a virtual environment, for people. */
export interface PythonPurpose {
  /** The installed package: `moto`. */
  readonly name: string;
  /** The folder in the cache; it changes with the requirements. */
  readonly folder: string;
  /** What to do without Python or PyPI, as the end of a sentence. */
  readonly otherwise: string;
  readonly log: Log;
}

/**
 * Returns the Python of a virtual environment in the cache with these packages from PyPI. The first call
 * creates it.
 *
 * @param requirements - In pip's format, each with a pinned version.
 * @throws SandboxError `PREREQUISITE_MISSING` without a suitable Python, `INSTALL_FAILED`.
 */
export async function findPythonWith(
  requirements: readonly string[],
  { name, folder: folderName, otherwise, log }: PythonPurpose,
): Promise<string> {
  const folder = path.join(cacheFolder(), folderName);
  const python = path.join(folder, "bin", "python");
  if (existsSync(python)) return python;
  // An existing folder is a virtual environment whose Python was uninstalled: its link is broken.
  await rm(folder, { recursive: true, force: true });
  const startedAt = performance.now();
  const basePython = await findPython(name, otherwise);
  log(`Installing ${name} from PyPI into ${folder}, once: about half a minute.`);
  await makeOnce(folder, async (temporary) => {
    await makeEnvironment(basePython, temporary);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements];
    try {
      await withElapsed(log, `installing ${name}`, () =>
        runToSuccess(path.join(temporary, "bin", "python"), pip),
      );
    } catch (error) {
      throw new SandboxError(
        "INSTALL_FAILED",
        `${name} could not be installed from PyPI; see that pip can reach it, or ${otherwise}. ${reasonOf(error)}`,
        { cause: error },
      );
    }
  });
  log(`${name} is ready (${elapsed(performance.now() - startedAt)}).`);
  return python;
}

async function makeEnvironment(python: string, folder: string): Promise<void> {
  const result = await runProcess(python, ["-m", "venv", folder]);
  if (result.exitCode === 0) return;
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    `${python} cannot make a virtual environment: install its venv module (on Debian and Ubuntu: apt-get install python3-venv). ${result.stderr.trim() || result.stdout.trim()}`,
  );
}

async function findPython(name: string, otherwise: string): Promise<string> {
  const tooOld = "import sys; sys.exit(sys.version_info < (3, 10))";
  for (const command of ["python3", "python"]) {
    try {
      if ((await runProcess(command, ["-c", tooOld], { timeoutMs: 30_000 })).exitCode === 0) return command;
    } catch {
      // No program has this name: try the next one.
    }
  }
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    `Python 3.10 or later is needed for ${name} and was not found as python3 or python: install it (on Debian and Ubuntu: apt-get install python3 python3-venv), or ${otherwise}.`,
  );
}
