import { strict as assert } from "node:assert";

import {
  customerOf,
  generationName,
  generationOf,
  readApplicationName,
  slotName,
  slotOf,
} from "../../../provider/src/names/resource-name";

describe("The names of resources in a stack", () => {
  it("are read as they are written, for every generation", () => {
    const slot = slotName("acme", { cell: "eu-1", purpose: "ingest" });
    for (const generation of [1, 2, 9, 10]) {
      assert.deepEqual(readApplicationName(generationName(slot, generation)), {
        customer: "acme",
        cell: "eu-1",
        purpose: "ingest",
        slot: "acme/eu-1/ingest",
        generation,
      });
    }
  });

  it("are of no application if they have other parts, or a number that no rotation uses", () => {
    const others = ["acme", "acme/eu-1", "acme//default", "a/b/c/0", "a/b/c/02", "a/b/c/x", "a/b/c/2/3", ""];
    assert.deepEqual(
      others.map(readApplicationName),
      others.map(() => undefined),
    );
  });

  it("begin with the customer", () => {
    const names = ["acme", "acme/eu-1/default", "acme/eu-1/default/2"];
    assert.deepEqual(names.map(customerOf), ["acme", "acme", "acme"]);
    assert.deepEqual(names.map(slotOf), ["acme", "acme/eu-1/default", "acme/eu-1/default"]);
    assert.deepEqual(names.map(generationOf), [1, 1, 2]);
  });
});
