import { strict as assert } from "node:assert";

import { sizeWarning } from "../../../stacks/src/configuration/stack-file";
import { mentions } from "../../support/mentions";

/** Makes a configuration that the engine writes in a number of bytes. */
function ofBytes(bytes: number, character = "x", bytesEach = Buffer.byteLength(character)) {
  const empty = Buffer.byteLength(JSON.stringify({ "tenants:customers": "" }));
  const count = Math.floor((bytes - empty) / bytesEach);
  const rest = bytes - empty - count * bytesEach;
  return { "tenants:customers": character.repeat(count) + "x".repeat(rest) };
}

describe("the size of a configuration", () => {
  for (const [what, character, bytesEach] of [
    ["a letter", "x", 1],
    ["a letter of two bytes", "ž", 2],
    ["a character of three bytes", "客", 3],
    ["a character of two units and four bytes", "👍", 4],
    ["a quote, which is escaped", '"', 2],
    ["a character that the engine escapes", "&", 6],
    ["a line separator, which the engine escapes", "\u2028", 6],
  ] as const) {
    const warning = (bytes: number) => sizeWarning(ofBytes(bytes, character, bytesEach));

    it(`is counted in bytes, not in characters: ${what}`, () => {
      assert.equal(warning(99_999), undefined);
      for (const bytes of [100_000, 130_999, 131_000])
        mentions(warning(bytes), `${Math.round(bytes / 1024)} KiB`, "128 KiB", "tenants:customersFrom");
      // Only the end differs, as the figure does not: whether a command still starts.
      const withoutFigure = (bytes: number) => warning(bytes)?.replace(/\d+ KiB/, "");
      assert.equal(withoutFigure(130_999), withoutFigure(100_000));
      assert.notEqual(withoutFigure(131_000), withoutFigure(130_999));
    });
  }
});
