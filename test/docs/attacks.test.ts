import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "../..");

/** The pages that list attacks, and fewer than each lists: an attack that is no longer found is a mistake. */
const fewest = { "docs/security.md": 35, "docs/service-security.md": 25 };

describe("the attacks in the pages on security", () => {
  for (const [page, least] of Object.entries(fewest)) {
    it(`name at least one existing test each: ${page}`, () => {
      const text = readFileSync(path.join(root, page), "utf8");
      const section = text.split("## Attacks and the tests that cover them")[1]?.split("\n## ")[0] ?? "";
      const attacks = [...section.matchAll(/^- [^]*?(?=\n- |\n\n|\n$)/gm)].map(([attack]) => attack);
      assert.ok(attacks.length > least, `only ${attacks.length} attacks were found`);
      for (const attack of attacks) {
        const [, last = ""] = /\(([^()]+)\)$/.exec(attack) ?? [];
        const tests = [...last.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
        assert.ok(tests.length > 0, `no test is named: ${attack}`);
        for (const name of tests) {
          assert.ok(
            existsSync(path.join(root, "test", `${name}.test.ts`)),
            `test/${name}.test.ts is missing`,
          );
        }
      }
    });
  }
});
