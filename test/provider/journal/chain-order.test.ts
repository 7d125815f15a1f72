import { strict as assert } from "node:assert";

import { chained, genesis, headsOf } from "../../../provider/src/journal/chain";
import { ChainOrder } from "../../../provider/src/journal/chain-order";
import { type Entry, readEntry } from "../../../provider/src/journal/entry";
import { intent } from "./events";

/** Makes a chain of as many events as there are names; a name is where it is. */
function chainOf(...names: string[]): Entry[] {
  const entries: Entry[] = [];
  for (const name of names) {
    const event = intent("create");
    const head = headsOf(entries).get(event.stack) ?? genesis;
    entries.push(readEntry(JSON.stringify(chained(event, head)), name));
  }
  return entries;
}

/** Gives the names in the order of the chain, however many lines come at once. */
function names(entries: readonly Entry[]): string {
  const [all, single] = [new ChainOrder(), new ChainOrder()];
  const atOnce = [...all.push(entries), ...all.flush()];
  const oneByOne = [...entries.flatMap((entry) => single.push([entry])), ...single.flush()];
  assert.deepEqual(oneByOne, atOnce);
  return atOnce.map(({ where }) => where).join("");
}

describe("the order of a chain", () => {
  it("is that in which its events were written, even if the writers' clocks differ", () => {
    const [a, b, c, d] = chainOf("a", "b", "c", "d");
    assert.equal(names([c!, a!, d!, b!]), "abcd");
  });

  it("keeps events without a predecessor in their place in time", () => {
    const [a, b, , d, e] = chainOf("a", "b", "c", "d", "e");
    assert.equal(names([a!, b!, d!, e!]), "abde");
  });

  it("keeps the branches of a fork in the order of their times", () => {
    const trunk = chainOf("a");
    const branch = (name: string): Entry => {
      const event = intent("create");
      return readEntry(JSON.stringify(chained(event, headsOf(trunk).get(event.stack)!)), name);
    };
    assert.equal(names([branch("b"), trunk[0]!, branch("c")]), "abc");
  });

  it("begins with the unchained events", () => {
    const old = [readEntry(JSON.stringify(intent("create")), "o")];
    const first = intent("create");
    const a = readEntry(JSON.stringify(chained(first, headsOf(old).get(first.stack)!)), "a");
    const second = intent("create");
    const b = readEntry(JSON.stringify(chained(second, headsOf([...old, a]).get(second.stack)!)), "b");
    assert.equal(names([a, b, ...old]), "oab");
  });
});
