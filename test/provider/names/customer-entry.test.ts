import { strict as assert } from "node:assert";

import { parse } from "yaml";

import { type FoundCustomer, writeCustomerEntry } from "../../../provider/src/names/customer-entry";
import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import { mentions } from "../../support/mentions";

const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:resistant-tenants/x-AbCdEf";
const found: FoundCustomer = {
  name: "acme",
  tenantId: "11111111-1111-4111-a111-111111111111",
  customerId: "CRM-1042",
  cells: ["eu-1"],
  applications: [
    {
      cell: "eu-1",
      purpose: "default",
      applicationId: "0oa1",
      clientId: "client-1",
      scopes: ["documents.submissions.read"],
      authMethod: "CLIENT_SECRET",
      secretArn,
    },
  ],
};

/** What a stack's file has, as the program reads it. */
function problemsOf(yaml: string): string[] {
  const { config } = parse(`config:\n  tenants:customers:\n${yaml}\n`) as {
    config: Record<string, unknown>;
  };
  const values = new Map([
    ["stage", "testing"],
    ["tokenUrl", "https://eu.id.resistant.ai/oauth2/v1/token"],
    ["clientId", "a"],
    ["customers", JSON.stringify(config["tenants:customers"])],
  ]);
  const read = readConfiguration(values);
  return "problems" in read ? read.problems.map(({ path, problem }) => `${path}: ${problem}`) : [];
}

function entryIn(yaml: string): Record<string, unknown> {
  const [entry] = parse(yaml) as Record<string, unknown>[];
  assert.ok(entry !== undefined);
  return entry;
}

describe("the entry that takes a customer over", () => {
  it("can be pasted as it is: it is what a configuration takes, with adopt lines of tenant and applications", async () => {
    const yaml = await writeCustomerEntry(found);
    assert.deepEqual(problemsOf(yaml), []);
    assert.match(yaml, /^ {6}adopt: 11111111-1111-4111-a111-111111111111$/m);
    assert.deepEqual(entryIn(yaml), {
      name: "acme",
      customerId: "CRM-1042",
      cells: ["eu-1"],
      adopt: found.tenantId,
      applications: [
        {
          cell: "eu-1",
          purpose: "default",
          scopes: ["documents.submissions.read"],
          authMethod: "CLIENT_SECRET",
          adopt: { applicationId: "0oa1", secretArn },
        },
      ],
    });
  });

  it("keeps what is declared of the customer, and of applications that are not to be taken over", async () => {
    const declared = {
      name: "acme",
      customerId: "CRM-1042",
      status: "released",
      owner: "payments-team",
      cells: ["eu-1", "us-1"],
      secrets: { recoveryWindowInDays: 7 },
      applications: [
        { cell: "eu-1", rotation: { every: "90d" } },
        { cell: "eu-1", purpose: "ingest", authMethod: "EC" },
      ],
    };
    const { status, owner, secrets, applications } = entryIn(await writeCustomerEntry(found, declared));
    assert.deepEqual(
      { status, owner, secrets },
      { status: undefined, owner: "payments-team", secrets: declared.secrets },
    );
    assert.deepEqual(applications, [
      {
        cell: "eu-1",
        purpose: "default",
        rotation: { every: "90d" },
        scopes: ["documents.submissions.read"],
        authMethod: "CLIENT_SECRET",
        adopt: { applicationId: "0oa1", secretArn },
      },
      { cell: "eu-1", purpose: "ingest", authMethod: "EC" },
      { cell: "us-1" },
    ]);
  });

  it("quotes what YAML would read as a number, a date, a time or a boolean", async () => {
    for (const customerId of ["0012345", "1e3", "12:30:00", "2026-01-02", "yes", "+49123", "a: b", "null"]) {
      const yaml = await writeCustomerEntry({ ...found, customerId });
      assert.match(yaml, new RegExp(`customerId: "${customerId.replace("+", "\\+")}"`));
      assert.equal(entryIn(yaml)["customerId"], customerId);
    }
  });

  it("adopts no application without its secret, or with a key of the customer's own, and says so in a comment", async () => {
    const [application] = found.applications;
    assert.ok(application !== undefined);
    const without = await writeCustomerEntry({
      ...found,
      applications: [{ ...application, secretArn: undefined }],
    });
    mentions(without, "client-1", "0oa1");
    const publicKey = { kty: "EC", crv: "P-256", x: "a", y: "b" };
    const ofCustomer = await writeCustomerEntry({
      ...found,
      applications: [{ ...application, authMethod: "EC", keyId: "k", publicKey }],
    });
    mentions(ofCustomer, "0oa1", "key");
    for (const yaml of [without, ofCustomer]) assert.doesNotMatch(yaml, /adopt:\n|adopt: \{/);
  });

  it("names what is unknown: an identifier that is not on record, applications that belong nowhere", async () => {
    const yaml = await writeCustomerEntry({
      ...found,
      customerId: undefined,
      notes: ["Application 0oa2 also exists"],
    });
    mentions(yaml, "customerId: acme");
    assert.match(yaml, /^ {4}# Application 0oa2 also exists$/m);
    assert.deepEqual(problemsOf(yaml), []);
  });
});
