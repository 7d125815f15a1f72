import { strict as assert } from "node:assert";
import { globSync } from "node:fs";
import path from "node:path";

import { exhaustiveTag, heaviest, mochaArguments, suites } from "../suites";

const root = path.resolve(__dirname, "../..");

/** Returns the titles that a suite runs of some. */
function run(suite: keyof typeof suites, options: readonly string[], titles: readonly string[]): string[] {
  const [grep, pattern = ""] = mochaArguments(suites[suite], options);
  assert.equal(grep, "--grep");
  return titles.filter((title) => new RegExp(pattern).test(title));
}

describe("the suites of tests", () => {
  const all = globSync("test/**/*.test.ts", { cwd: root }).sort();

  it("share all test files between the engine and the unit tests: none is left out, none run twice", () => {
    const { unit, engine, exhaustive } = suites;
    assert.ok(unit.files.length > 0 && engine.files.length > 0);
    assert.deepEqual([...unit.files, ...engine.files].sort(), all);
    assert.deepEqual([...suites.all.files].sort(), all);
    assert.deepEqual([...exhaustive.files].sort(), all);
  });

  it("begin with the files that take longest, each of which there is", () => {
    assert.deepEqual(suites.all.files.slice(0, heaviest.length), heaviest);
  });

  const titles = ["a fleet is made", `a fleet is killed ${exhaustiveTag}`, "a tenant is made"];

  it("leave no test out that is in neither the usual run nor the exhaustive one", () => {
    for (const suite of ["all", "unit", "engine"] as const)
      assert.deepEqual(run(suite, [], titles), ["a fleet is made", "a tenant is made"]);
    assert.deepEqual(run("exhaustive", [], titles), [`a fleet is killed ${exhaustiveTag}`]);
  });

  for (const grep of [["--grep", "fleet|user"], ["--grep=fleet|user"], ["-g", "fleet|user"]]) {
    it(`narrow down by ${grep.join(" ")}, and pass other options on`, () => {
      const options = ["--bail", ...grep, "--reporter", "dot"];
      assert.deepEqual(run("engine", options, titles), ["a fleet is made"]);
      assert.deepEqual(run("exhaustive", options, titles), [`a fleet is killed ${exhaustiveTag}`]);
      assert.deepEqual(mochaArguments(suites.unit, options).slice(-3), ["--bail", "--reporter", "dot"]);
    });
  }
});
