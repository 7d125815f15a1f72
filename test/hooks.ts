import { useLocalEnvironment } from "../sandbox/environment";
import { forbidPrograms, isUnitTest } from "./support/no-programs";

useLocalEnvironment();

let allowPrograms = (): void => undefined;

/** Keeps unit tests from starting programs. A process that runs suites in parallel has one file at a time here. */
export const mochaHooks = {
  beforeAll(this: Mocha.Context) {
    const files = (this.test?.parent?.suites ?? []).map(({ file }) => file ?? "");
    if (files.every(isUnitTest)) allowPrograms = forbidPrograms();
  },
  afterAll() {
    allowPrograms();
  },
};
