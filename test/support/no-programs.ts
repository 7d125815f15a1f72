import childProcess, { ChildProcess } from "node:child_process";
import path from "node:path";

import { engineFolders } from "../suites";

const testFolder = path.resolve(__dirname, "..");

/** Returns whether a test file contains unit tests, by its folder. */
export function isUnitTest(file: string): boolean {
  const [folder = ""] = path.relative(testFolder, file).split(path.sep);
  return !engineFolders.includes(folder);
}

/**
 * Makes each start of a program other than Node.js fail, as it must in a unit test.
 *
 * @returns a function that allows all programs again
 */
export function forbidPrograms(): () => void {
  // All calls that do not wait for the program go through here.
  const spawner = ChildProcess.prototype as unknown as { spawn: (options: { file: string }) => unknown };
  const { spawn } = spawner;
  const { spawnSync, execFileSync, execSync } = childProcess;
  spawner.spawn = function (options) {
    assertNode(options.file);
    return spawn.call(this, options);
  };
  Object.assign(childProcess, {
    spawnSync: onlyNode(spawnSync),
    execFileSync: onlyNode(execFileSync),
    execSync: onlyNode(execSync),
  });
  return () => {
    spawner.spawn = spawn;
    Object.assign(childProcess, { spawnSync, execFileSync, execSync });
  };
}

function onlyNode<Rest extends unknown[], Result>(
  start: (program: string, ...rest: Rest) => Result,
): (program: string, ...rest: Rest) => Result {
  return (program, ...rest) => {
    assertNode(program);
    return start(program, ...rest);
  };
}

function assertNode(program: string): void {
  if (program === process.execPath) return;
  throw new Error(
    `A unit test must not start ${program}: move the test to one of the folders ${engineFolders.join(", ")}.`,
  );
}
