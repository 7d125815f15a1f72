import { strict as assert } from "node:assert";
import { globSync } from "node:fs";
import path from "node:path";

import { exhaustiveTag, heaviest, suites } from "../suites";

const root = path.resolve(__dirname, "../..");

/** The test files that a suite names. */
function filesOf(suite: keyof typeof suites): string[] {
  return suites[suite].filter((argument) => argument.startsWith("test/")).sort();
}

describe("the suites of tests", () => {
  const all = globSync("test/**/*.test.ts", { cwd: root }).sort();

  it("share all test files between the engine and the unit tests: none is left out, none run twice", () => {
    const [unit, engine] = [filesOf("unit"), filesOf("engine")];
    assert.ok(unit.length > 0 && engine.length > 0);
    assert.deepEqual([...unit, ...engine].sort(), all);
    assert.deepEqual(filesOf("all"), all);
    assert.deepEqual(filesOf("exhaustive"), all);
  });

  it("begin with the files that take longest, each of which there is", () => {
    const first = suites.all.filter((argument) => argument.startsWith("test/")).slice(0, heaviest.length);
    assert.deepEqual(first, heaviest);
  });

  it("leave no test out that is in neither the usual run nor the exhaustive one", () => {
    const grep = ["--grep", exhaustiveTag];
    for (const suite of ["all", "unit", "engine"] as const)
      assert.deepEqual(suites[suite].slice(0, 3), [...grep, "--invert"]);
    assert.deepEqual(suites.exhaustive.slice(0, 2), grep);
    assert.ok(!suites.exhaustive.includes("--invert"));
  });
});
