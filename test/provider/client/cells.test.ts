import assert from "node:assert/strict";

import { type Cell, documentsApiUrl, isCell, stageTable } from "../../../provider/src/client/cells";

describe("client: the vendor's cells", () => {
  const production: Record<Cell, string> = {
    "eu-1": "https://api.documents.resistant.ai",
    "us-1": "https://api.us-1.documents.resistant.ai",
    "ca-1": "https://api.ca-1.documents.resistant.ai",
    "ap-2": "https://api.ap-2.documents.resistant.ai",
    "ap-3": "https://api.ap-3.documents.resistant.ai",
  };
  for (const [cell, url] of Object.entries(production)) {
    it(`have the Documents API of ${cell} in production where the vendor says`, () => {
      assert.equal(documentsApiUrl("production", cell as Cell), url);
    });
  }

  it("have the testing stage's Documents API where the vendor says", () => {
    assert.equal(documentsApiUrl("testing", "eu-1"), "https://api.documents.testing.resistant.ai");
  });

  it("are eu-1 alone in testing", () => {
    assert.deepEqual(stageTable.testing.cells, ["eu-1"]);
  });

  it("are all five in production", () => {
    assert.deepEqual([...stageTable.production.cells], Object.keys(production));
  });

  for (const text of ["eu-2", "EU-1", "", "toString"]) {
    it(`do not include ${JSON.stringify(text)}`, () => {
      assert.equal(isCell(text), false);
    });
  }
});
