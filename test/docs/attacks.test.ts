import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");

describe("the table of attacks in docs/security.md", () => {
  it("names at least one existing test for each attack", () => {
    const page = readFileSync(path.join(root, "docs/security.md"), "utf8");
    const table = page.split("## Attacks and the tests that cover them")[1]?.split("\n## ")[0] ?? "";
    const rows = table.split("\n").filter((line) => /^\| (?!attack|-)/.test(line));
    assert.ok(rows.length > 20, "the table was not found");
    for (const row of rows) {
      const tests = [...(row.split("|")[3] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      assert.ok(tests.length > 0, `no test is named: ${row}`);
      for (const name of tests) {
        assert.ok(existsSync(path.join(root, "test", `${name}.test.ts`)), `test/${name}.test.ts is missing`);
      }
    }
  });
});
