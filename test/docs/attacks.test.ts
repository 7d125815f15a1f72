import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");

describe("the attacks in docs/security.md", () => {
  it("names at least one existing test for each attack", () => {
    const page = readFileSync(path.join(root, "docs/security.md"), "utf8");
    const section = page.split("## Attacks and the tests that cover them")[1]?.split("\n## ")[0] ?? "";
    const attacks = [...section.matchAll(/^- [^]*?(?=\n- |\n\n|\n$)/gm)].map(([attack]) => attack);
    assert.ok(attacks.length > 50, "the attacks were not found");
    for (const attack of attacks) {
      const [, last = ""] = /\(([^()]+)\)$/.exec(attack) ?? [];
      const tests = [...last.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      assert.ok(tests.length > 0, `no test is named: ${attack}`);
      for (const name of tests) {
        assert.ok(existsSync(path.join(root, "test", `${name}.test.ts`)), `test/${name}.test.ts is missing`);
      }
    }
  });
});
