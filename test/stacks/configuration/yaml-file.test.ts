import { strict as assert } from "node:assert";
import { mock } from "node:test";

import { Alias } from "yaml";

import { readYaml, YamlError } from "../../../stacks/src/configuration/yaml-file";
import { assertLinear } from "../../support/linear";
import { differences } from "./yaml-differences";

const valueOf = (text: string): unknown => readYaml(text, "own.yaml").value;

describe("a YAML file, read as the engine reads it", () => {
  for (const [text] of differences) {
    it(`is refused, with its name: ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(() => valueOf(text), /^YamlError: own\.yaml line \d+ /);
    });
  }

  it("may use one anchor for hundreds of customers, and not to stand for millions", () => {
    const names = Array.from({ length: 600 }, (_one, index) => `c${index}`);
    const merged = valueOf(
      `base: &base {owner: team}\nlist:\n${names.map((name) => `  - {<<: *base, name: ${name}, cells: &${name} [eu-1]}\n`).join("")}`,
    ) as { list: object[] };
    assert.deepEqual(merged.list.at(-1), { owner: "team", name: "c599", cells: ["eu-1"] });
    const longText = `a: &a ${"x".repeat(100_000)}\nb: [${"*a,".repeat(200)}]\n`;
    const nested = `a: &a [${"x,".repeat(40)}]\nb: &b [${"*a,".repeat(40)}]\nc: [${"*b,".repeat(40)}]\n`;
    for (const text of [longText, nested]) assert.throws(() => valueOf(text), YamlError);
  });

  it("is walked through as often for hundreds of aliases as for one", () => {
    const walks = (aliases: number): number => {
      const resolve = mock.method(Alias.prototype, "resolve");
      valueOf(`base: &base {owner: team}\nlist:\n${"  - {<<: *base, cells: [eu-1]}\n".repeat(aliases)}`);
      resolve.mock.restore();
      // With a context, the library remembers the anchors.
      return resolve.mock.calls.filter(({ arguments: [, context] }) => context === undefined).length;
    };
    assert.equal(walks(300), walks(1));
  });

  it("is searched once for tabs, however many texts contain them", async () => {
    await assertLinear((count) => {
      const text = `list:\n${"  - |\n    a\n    \tb\n".repeat(count)}`;
      return () => {
        assert.deepEqual(valueOf(text), { list: Array.from({ length: count }, () => "a\n\tb\n") });
      };
    });
    assert.throws(() => valueOf("a: |\n  b\n  \tc\nd:\n  -\te\n"), /line 5.* tab/);
  });

  it("may contain tabs, line ends and question marks if both readers read them as text", () => {
    assert.deepEqual(valueOf('a: "x\ty"\nb: |\n  x\n  \ty\nc: a?b\nd: ["?x", "a:", "x\\ty"]\r\n'), {
      a: "x\ty",
      b: "x\n\ty\n",
      c: "a?b",
      d: ["?x", "a:", "x\ty"],
    });
  });

  it("has no line end after a block that the end of the file cuts off", () => {
    assert.deepEqual(valueOf("a: |\n  x"), { a: "x" });
    assert.deepEqual(valueOf("a: |\n  x\n"), { a: "x\n" });
  });
});
