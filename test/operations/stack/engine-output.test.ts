import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { followLines, problemIn } from "../../../operations/src/stack/engine-output";

const error = {
  severity: "error",
  message: "error: acme: the name is taken\n    at create (index.js:1:2)\n",
};

describe("what the engine writes", () => {
  it("reports errors once and without frames, from a preview and from the events of an update", () => {
    const failed = { severity: "error", message: "update failed" };
    const diagnostics = [error, { severity: "debug", message: "a secret" }, failed, error];
    assert.equal(problemIn(JSON.stringify({ diagnostics })), "acme: the name is taken");
    const events = diagnostics.map((diagnosticEvent) => JSON.stringify({ diagnosticEvent }));
    assert.equal(problemIn(["Updating", ...events].join("\n")), "acme: the name is taken");
    assert.equal(problemIn("Updating\n{ no JSON"), undefined);
    assert.equal(problemIn(JSON.stringify({ steps: [] })), undefined);
  });

  it("leaves out what follows from a problem, unless there is nothing else", () => {
    const message = "expected resource operations for urn:pulumi:testing-a::p::t::a but none were seen\n";
    const consequence = { severity: "error", message };
    assert.equal(problemIn(JSON.stringify({ diagnostics: [error, consequence] })), "acme: the name is taken");
    assert.equal(problemIn(JSON.stringify({ diagnostics: [consequence] })), message.trim());
  });

  it("is followed to its last whole line", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "engine-output-"));
    try {
      const file = path.join(folder, "stdout");
      // One byte, then characters of two: one of them lies on both sides of any even boundary.
      const long = `x${"ü".repeat(70_000)}`;
      await writeFile(file, `one\n${long}\nthree\ncut`);
      const lines: string[] = [];
      await followLines(file, AbortSignal.abort(), (line) => {
        lines.push(line);
      });
      assert.deepEqual(lines, ["one", long, "three"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
