import { strict as assert } from "node:assert";
import path from "node:path";

import { repositoryRoot } from "../engine";
import { assertClean, Canary, summaryOf } from "./canary";

const projectDir = path.join(repositoryRoot, "test/programs/quiet-log");
const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];

describe("no credential in what a stack of one's own prints", function () {
  let canary: Canary;

  before(async () => {
    canary = await Canary.create({ projectDir });
    // The second one makes sure that the stack has a credential to read in its own outputs.
    for (const when of ["first", "first"]) assertClean("up", await canary.run(up, { WHEN: when }));
  });
  after(async () => {
    await canary.close();
  });

  it("where the package is imported first, and where it is imported before anything is read", async () => {
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
    const messages = stdout.split("\n").filter((line) => /RPC finished/.test(line));
    assert.ok(
      messages.every((line) => line.includes("pulumi:pulumi:StackReference")),
      "something else than what was read before was printed",
    );
  });

  it("in production, and nothing at all where a switch would write it down", async () => {
    await canary.stack.workspace.configure({ "tenants:stage": "production" });
    const refused = await canary.run(["preview"], { WHEN: "first", NODE_DEBUG: "http" });
    assert.match(refused.stdout + refused.stderr, /NODE_DEBUG/);
    assert.notEqual(refused.exitCode, 0);
  });
});
