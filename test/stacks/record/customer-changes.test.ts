import { strict as assert } from "node:assert";

import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import { findChangedCustomers, type StackBefore } from "../../../stacks/src/record/customer-changes";

const values = new Map([
  ["stage", "production"],
  ["tokenUrl", "https://eu.id.resistant.ai/oauth2/server/v1/token"],
  ["clientId", "0oa1"],
  ["customers", JSON.stringify([{ name: "acme", customerId: "CRM-1042", cells: ["eu-1"] }])],
]);

type Journal = StackBefore["journal"];

/** A journal that fails where it is read. */
const unread = new Proxy({} as Journal, {
  get: (_journal, property) => () => {
    throw new Error(`the journal was asked: ${String(property)}`);
  },
});

describe("the changes of customers that an update finds", () => {
  it("takes no reading of the journal for a customer that is new", async () => {
    const read = readConfiguration(values, {});
    assert.ok("configuration" in read, JSON.stringify(read));
    const { configuration } = read;
    assert.deepEqual(
      await findChangedCustomers(configuration, configuration.customers, {
        stack: "organization/project/prod",
        held: [],
        journal: unread,
      }),
      [],
    );
  });
});
