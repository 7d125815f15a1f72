import { strict as assert } from "node:assert";
import path from "node:path";

import { exhaustiveTag } from "../../suites";
import { repositoryRoot } from "../engine";
import { assertClean, Canary, summaryOf } from "./canary";
import { needlesOf, search } from "./needles";

const projectDir = path.join(repositoryRoot, "test/programs/quiet-log");
const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];

describe("no credential in the output of a stack of your own", function () {
  this.timeout(600_000);
  let canary: Canary;

  before(async () => {
    canary = await Canary.create({ projectDir });
    // The second one makes sure that the stack has a credential to read in its own outputs.
    for (const when of ["first", "first"]) assertClean("up", await canary.run(up, { WHEN: when }));
  });
  after(async () => {
    await canary.close();
  });

  it("if the package is imported first, and if it is imported before anything is read", async () => {
    for (const WHEN of ["first", "after the SDK"]) {
      const result = await canary.run(up, { WHEN });
      assertClean(`up, imported ${WHEN}`, result);
      assert.match(result.stdout, /a message of the program's own/);
      assert.doesNotMatch(result.stdout, /a debug message of the program's own/);
    }
  });

  it("but in what was read before the import: it must come first", async () => {
    const { leaks, stdout } = await canary.run(up, { WHEN: "after a read" });
    assert.deepEqual(
      new Set(summaryOf(leaks).map((line) => line.replace(/^.*, in /, ""))),
      new Set(["standard output", "standard error"]),
    );
    for (const line of stdout.split("\n")) {
      const isClean = search(line, "line", needlesOf(canary.credentials())).length === 0;
      assert.ok(
        isClean || line.includes("StackReference"),
        "something else than what was read before is printed",
      );
    }
  });

  it(`in production, if a switch that would write it down is refused ${exhaustiveTag}`, async () => {
    const production = await Canary.create({ projectDir, stage: "production" });
    try {
      const refused = await production.run(["preview"], { WHEN: "first", NODE_DEBUG: "http" });
      assert.match(refused.stdout + refused.stderr, /- NODE_DEBUG: /);
      assert.notEqual(refused.exitCode, 0);
    } finally {
      await production.close();
    }
  });
});
