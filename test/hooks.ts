import path from "node:path";

import { useLocalEnvironment } from "../sandbox/environment";
import { forbidPrograms, isUnitTest } from "./support/no-programs";
import { compileCache } from "./support/quick-node";

useLocalEnvironment();
// The engine starts Node.js several times for each command: with the code of the packages compiled, a fifth sooner.
process.env["NODE_COMPILE_CACHE"] ??= compileCache;
// Commands of the engine are too short for its garbage collector to be worth what it takes: a tenth.
process.env["GOGC"] ??= "off";
process.env["GOMEMLIMIT"] ??= "600MiB";
process.env["NODE_OPTIONS"] =
  `${process.env["NODE_OPTIONS"] ?? ""} --require="${path.join(__dirname, "support/quick-sdk.js")}"`.trim();

const allowAll: Array<() => void> = [];

function forbidProgramsIn(files: readonly string[]): void {
  allowAll.push(files.every(isUnitTest) ? forbidPrograms() : () => undefined);
}

function allowPrograms(): void {
  allowAll.pop()?.();
}

/** Keeps unit tests from starting programs, and their suites' hooks where all files of this process are unit tests. */
export const mochaHooks = {
  beforeAll(this: Mocha.Context) {
    forbidProgramsIn((this.test?.parent?.suites ?? []).map(({ file }) => file ?? ""));
  },
  beforeEach(this: Mocha.Context) {
    forbidProgramsIn([this.currentTest?.file ?? ""]);
  },
  afterEach: allowPrograms,
  afterAll: allowPrograms,
};
