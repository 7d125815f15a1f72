import { strict as assert } from "node:assert";

import { readLine } from "../../../provider/src/journal/entry";
import { entry, intent } from "./events";

const zeros = "\0".repeat(100_000);

describe("a line of a journal", () => {
  const { text } = entry(intent("create"));
  const kinds = (line: string): string[] => readLine(line, "journal.jsonl:1").map(({ kind }) => kind);

  it("is read before and after the zeros that a crash left in it", () => {
    assert.deepEqual(kinds(zeros), ["cut"]);
    assert.deepEqual(kinds(`${text.slice(0, 40)}${zeros}${text}`), ["cut", "event"]);
    assert.deepEqual(kinds(`${zeros}${text}${zeros}`), ["event"]);
  });

  it("is the same with what git and editors put around it: line ends of other systems, a byte order mark", () => {
    for (const line of [`${text}\r`, `${text}\r\r`, `\ufeff${text}`, `\ufeff${text}\r`])
      assert.deepEqual(
        readLine(line, "").map((read) => read.text),
        [text],
      );
    for (const nothing of ["", "\r", "\r\r", "\ufeff", "\ufeff\r"]) assert.deepEqual(kinds(nothing), []);
    assert.deepEqual(kinds(`${"\r".repeat(100_000)}x\r`), ["unreadable"]);
  });

  it("is one unreadable line, however many pieces zeros divide it into: none costs as much as a line", () => {
    assert.deepEqual(kinds("\0x".repeat(50_000)), ["unreadable"]);
    assert.deepEqual(kinds(`${text}\0`.repeat(20)), ["unreadable"]);
  });
});
