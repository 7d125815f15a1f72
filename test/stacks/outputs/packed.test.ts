import { strict as assert } from "node:assert";

import { z } from "zod";

import { canonical } from "../../../provider/src/client/json";
import { packed } from "../../../stacks/src/values/packed";

const schema = packed(z.record(z.string(), z.array(z.number())));

describe("what a component records as one text", () => {
  it("is read as it was written", () => {
    assert.deepEqual(schema.parse(canonical({ a: [1, 2], b: [] })), { a: [1, 2], b: [] });
  });

  it("is the same text whatever the order of the keys, and keeps the order of lists", () => {
    assert.equal(canonical({ b: { d: 1, c: 2 }, a: 0 }), canonical({ a: 0, b: { c: 2, d: 1 } }));
    assert.notEqual(canonical([1, 2]), canonical([2, 1]));
  });

  it("can also be the object that an earlier release recorded", () => {
    assert.deepEqual(schema.parse({ a: [1] }), { a: [1] });
  });

  it("is undefined for any other text", () => {
    for (const other of ["", "no JSON", '"text"', 7, undefined]) assert.ok(!schema.safeParse(other).success);
  });
});
