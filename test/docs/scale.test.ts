import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { engineSeconds, scaleTable, simulate } from "../../docs/scale-simulation";

const limit = { perSecond: 10, burst: 15 };

/** Reads a row of a table as its cells. */
function cellsOf(row: string): string[] {
  return row.split("|").map((cell) => cell.trim());
}

describe("docs/scale.md", () => {
  it("has the figures of the simulation", async () => {
    const page = await readFile(path.resolve(__dirname, "../../docs/scale.md"), "utf8");
    const rows = page.split("\n").filter((line) => line.startsWith("|"));
    for (const row of scaleTable())
      assert.ok(
        rows.some((one) => cellsOf(one).join() === cellsOf(row).join()),
        row,
      );
  });

  it("simulates a fleet that no machine makes faster than the API's limit", () => {
    const few = simulate({ customers: 1_000, bits: 5, machines: 1, limit });
    const many = simulate({ customers: 1_000, bits: 5, machines: 10, limit });
    assert.ok(many.seconds < few.seconds);
    assert.ok(many.seconds >= many.limitSeconds && many.seconds < many.limitSeconds * 1.1);
  });

  it("simulates one machine that takes as long as its engines do", () => {
    const { seconds, processorSeconds } = simulate({ customers: 1_000, bits: 5, machines: 1 });
    assert.ok(seconds >= processorSeconds / 2 && seconds < processorSeconds / 2 + 2 * engineSeconds(60));
  });
});
