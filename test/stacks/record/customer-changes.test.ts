import { strict as assert } from "node:assert";

import { Memory } from "pulumi-resistant-tenants/internal/journal";

import { customerType, tenantType } from "../../../provider/src/names/resource-types";
import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import { findChangedCustomers, type StackBefore } from "../../../stacks/src/record/customer-changes";
import { declaredOutput, toDeclared } from "../../../stacks/src/record/declared-customer";

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
  it("does not read the journal for a new customer", async () => {
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

  const deprecated = new Map([
    ...values,
    [
      "customers",
      JSON.stringify([{ name: "acme", customerId: "CRM-1042", cells: ["eu-1"], status: "deprecated" }]),
    ],
  ]);
  const last = { sequence: 4, hash: `sha256:${"4".repeat(64)}`, at: "2026-01-01T00:00:00.000Z" };

  /** Gives what is found of a customer that is deprecated, and whether all of the journal was read for it. */
  async function findDeprecated({ isInComponent, agrees }: { isInComponent: boolean; agrees: boolean }) {
    const read = readConfiguration(deprecated, {});
    assert.ok("configuration" in read, JSON.stringify(read));
    const { configuration } = read;
    const declared = toDeclared(configuration.customers[0]!, configuration.secretPrefix);
    const apiUrl = "https://api.tenants.resistant.ai/v0";
    const held = [
      {
        urn: `urn:pulumi:prod::p::${tenantType}::acme`,
        type: tenantType,
        outputs: { tenantId: "t-1", apiUrl, recordedAs: last },
      },
      {
        urn: `urn:pulumi:prod::p::${customerType}::acme`,
        type: customerType,
        outputs: isInComponent ? { [declaredOutput]: declared } : {},
      },
    ];
    const asked: boolean[] = [];
    const journal = {
      ...unread,
      remember: (known: ConstructorParameters<typeof Memory>[0]) => {
        asked.push(known === undefined);
        return Promise.resolve(new Memory(agrees ? known : undefined));
      },
    } as Journal;
    const stack = "organization/project/prod";
    const found = await findChangedCustomers(configuration, configuration.customers, {
      stack,
      held,
      journal,
    });
    return { found: found.map(({ customer, operation }) => `${operation} ${customer}`), readAll: asked };
  }

  it("reads only the journal's end for a customer whose component has its deprecation on record", async () => {
    assert.deepEqual(await findDeprecated({ isInComponent: true, agrees: true }), {
      found: [],
      readAll: [false],
    });
  });

  it("records a deprecation that the component or the journal lacks", async () => {
    assert.deepEqual(await findDeprecated({ isInComponent: false, agrees: true }), {
      found: ["deprecate acme"],
      readAll: [true],
    });
    assert.deepEqual(await findDeprecated({ isInComponent: true, agrees: false }), {
      found: ["deprecate acme"],
      readAll: [false],
    });
  });
});
