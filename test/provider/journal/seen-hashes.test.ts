import { strict as assert } from "node:assert";

import { genesis, hashOf } from "../../../provider/src/journal/chain";
import { SeenHashes } from "../../../provider/src/journal/seen-hashes";

describe("the hashes that were seen", () => {
  it("are known, however many there are, and no others", () => {
    const seen = new SeenHashes();
    const hashes = Array.from({ length: 5000 }, (_, number) => hashOf(`event ${number}`));
    for (const hash of hashes) assert.ok(!seen.has(hash));
    assert.ok(!seen.has(genesis.hash));
    for (const hash of [...hashes, ...hashes, genesis.hash]) seen.add(hash);
    assert.ok([...hashes, genesis.hash].every((hash) => seen.has(hash)));
    assert.ok(!seen.has(hashOf("another")));
  });
});
