import { strict as assert } from "node:assert";

import { readEntry } from "resistant-tenants-service/requests/entry";

import { makeSettings } from "../service/records/service";
import { mentions } from "../support/mentions";

describe("a customer's entry", () => {
  it("has room in its stack beside all that the service writes there, the journal's place too", () => {
    const { stages, work } = makeSettings();
    const entry = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
    assert.ok("customer" in readEntry({ stages, work }, "testing", entry));
    const journal = `/${"j".repeat(131_072)}`;
    const read = readEntry({ stages, work: { journal } }, "testing", entry);
    assert.ok("problems" in read);
    mentions(read.problems[0]?.problem, "KiB", "128");
  });
});
