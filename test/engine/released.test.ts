import { strict as assert } from "node:assert";

import { parse } from "yaml";
import { z } from "zod";

import type { CustomerRecord } from "../../provider/src/names/stack-outputs";
import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import { proveToken } from "../../sandbox/start/proof";
import { mentions } from "../support/mentions";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const declared = {
  ...acme,
  cells: ["eu-1", "us-1"],
  applications: [
    { cell: "eu-1", scopes: ["documents.submissions.read"] },
    { cell: "us-1", purpose: "ingest", authMethod: "EC" },
  ],
};
const released = { ...declared, status: "released" };
const auditSchema = z.object({
  operations: z.array(
    z.object({
      operation: z.string(),
      outcome: z.string(),
      actor: z.string(),
      reason: z.string(),
      slot: z.string(),
      customer: z.string(),
      tenantId: z.string().optional(),
      applicationId: z.string().optional(),
      clientId: z.string().optional(),
    }),
  ),
});
const withoutCredentials = { env: { TENANTS_PRIVATE_KEY: undefined } };

async function recordOf(stack: StackUnderTest, customer: string): Promise<CustomerRecord | undefined> {
  const { customers } = (await stack.workspace.outputs()) as { customers: Record<string, CustomerRecord> };
  return customers[customer];
}

/** What the state holds of a customer, by type, and as text. */
async function heldOf(stack: StackUnderTest, customer: string): Promise<{ types: string[]; text: string }> {
  const { resources } = (await stack.workspace.exportState()).deployment;
  const own = resources.filter(({ urn }) => new RegExp(`::${customer}(/|$)`).test(urn));
  return {
    types: [...new Set(own.map(({ type }) => type.split(":").at(-1) ?? ""))].sort(),
    text: JSON.stringify(own),
  };
}

/** Takes the entry for the next owner from what an update printed: the lines of one indented list. */
function printedEntry(printed: string): unknown {
  const lines = printed.split("\n").map((line) => line.replace(/\r$/, ""));
  const start = lines.findIndex((line) => /^\s*- name: /.test(line));
  assert.notEqual(start, -1, `no entry was printed:\n${printed}`);
  const indent = lines[start]!.indexOf("-");
  const end = lines.findIndex((line, index) => index > start && !line.startsWith(`${" ".repeat(indent)}  `));
  return parse(lines.slice(start, end).join("\n"));
}

describe("a production customer that is released, on the engine", function () {
  let stack: StackUnderTest;
  let record: CustomerRecord;
  let existing: Record<string, string[]>;
  let secrets: string[];
  let entry: unknown;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [declared, globex] });
    await stack.up();
    record = (await recordOf(stack, "acme"))!;
    existing = stack.existing();
    secrets = await stack.listSecrets();
    stack.sandbox.control.resetRequests();
    await stack.setCustomers([released, globex]);
  });
  after(async () => {
    await stack.finish();
  });
  afterEach(async () => {
    assert.deepEqual(stack.sandbox.control.requestLog(), [], "something was sent to the vendor");
    assert.deepEqual(stack.existing(), existing);
    assert.deepEqual(await stack.listSecrets({ includePlannedDeletion: false }), secrets);
  });

  it("is shown by a preview as handed over, with nothing deleted and no credential needed", async () => {
    const printed = await stack.succeed(["preview", "--diff"], withoutCredentials);
    mentions(printed, record.tenantId, "npm run tenants -- restore acme");
    assert.match(printed, /~ 8 to update/);
    assert.doesNotMatch(printed, /to delete|to replace|to create/);
  });

  it("is forgotten by one up, which prints the entry that its next owner needs", async () => {
    const [first, second] = record.applications;
    entry = printedEntry(await stack.up());
    assert.deepEqual(entry, [
      {
        name: "acme",
        customerId: "CRM-1042",
        cells: ["eu-1", "us-1"],
        adopt: record.tenantId,
        applications: [
          {
            cell: "eu-1",
            purpose: "default",
            scopes: ["documents.submissions.read"],
            authMethod: "CLIENT_SECRET",
            adopt: { applicationId: first!.applicationId, secretArn: first!.secretArn },
          },
          {
            cell: "us-1",
            purpose: "ingest",
            scopes: ["documents.submissions.read", "documents.submissions.write"],
            authMethod: "EC",
            adopt: { applicationId: second!.applicationId, secretArn: second!.secretArn },
          },
        ],
      },
    ]);
    const held = await heldOf(stack, "acme");
    assert.deepEqual(held.types, ["Customer", "Released", "Safeguard"]);
    assert.doesNotMatch(held.text, /ciphertext|"protect":true/);
    assert.deepEqual(await recordOf(stack, "acme"), { ...record, status: "released" });
  });

  it("is on the record as released, with who, why and the ids", async () => {
    const { stdout } = await stack.tenants("audit", "show", "--json");
    const { operations } = auditSchema.parse(JSON.parse(stdout));
    const { tenantId, applications } = record;
    const common = {
      operation: "release",
      outcome: "released",
      reason: "a test",
      customer: "acme",
      tenantId,
    };
    assert.deepEqual(
      operations
        .filter(({ operation }) => operation === "release")
        .map(({ actor, ...rest }) => {
          assert.match(actor, /@/);
          return rest;
        })
        .sort((a, b) => a.slot.localeCompare(b.slot)),
      [
        { ...common, slot: "acme" },
        ...applications.map(({ cell, purpose, applicationId, clientId }) => ({
          ...common,
          slot: `acme/${cell}/${purpose}`,
          applicationId,
          clientId,
        })),
      ],
    );
    assert.equal((await stack.tenants("audit", "verify")).exitCode, 0);
  });

  it("is taken over, applications and all, by a stack that declares the printed entry", async () => {
    const next = await stack.createBeside({ stage: "production", customers: entry as ConfigValue });
    try {
      await next.up();
      const sent = stack.sandbox.control.requestLog().map(({ operation }) => operation);
      assert.deepEqual(
        sent.filter((operation) => /create|delete/.test(operation)),
        [],
      );
      const taken = (await recordOf(next, "acme"))!;
      assert.equal(taken.tenantId, record.tenantId);
      for (const { secretArn } of taken.applications) await proveToken(await next.storedSecret(secretArn));
    } finally {
      await next.close();
      stack.sandbox.control.resetRequests();
    }
  });

  it("may stay in the configuration: a second up and a refresh change nothing", async () => {
    assert.doesNotMatch(await stack.up("--expect-no-changes"), /adopt: |tenants -- restore/);
    await stack.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    stack.sandbox.control.resetRequests();
  });

  it("is not created a second time by an active entry, which a preview refuses with the adopt line", async () => {
    await stack.setCustomers([declared, globex]);
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      assert.match(await stack.fail(command), new RegExp(`adopt: ${record.tenantId}`));
    }
  });

  it("leaves the state and the outputs when its entry is removed, and nothing is deleted", async () => {
    await stack.setCustomers([globex]);
    const preview = await stack.succeed(["preview"], withoutCredentials);
    mentions(preview, 'Customer "acme"');
    assert.match(preview, /Released acme\/Tenant delete\[retain\]/);
    await stack.up();
    assert.deepEqual((await heldOf(stack, "acme")).types, []);
    assert.equal(await recordOf(stack, "acme"), undefined);
    await stack.up("--expect-no-changes");
    const { exitCode, stdout } = await stack.tenants("reconcile", "--json");
    const { findings } = JSON.parse(stdout) as { findings: unknown[] };
    assert.deepEqual([exitCode, findings], [0, []]);
    stack.sandbox.control.resetRequests();
  });

  it("is not mistaken for a lost one by a new customer of its name, whose error says how to adopt it", async () => {
    const anew = { ...acme, applications: [{ cell: "eu-1", purpose: "other" }] };
    await stack.setCustomers([globex, anew]);
    assert.match(
      await stack.fail(["up", "--yes", "--skip-preview"]),
      new RegExp(`"acme".*adopt: ${record.tenantId}`, "s"),
    );
    stack.sandbox.control.resetRequests();
  });
});

describe("a customer in testing that is released, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ customers: [acme, globex] });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  it("is not released before its record is complete", async () => {
    const hooli = { name: "hooli", customerId: "CRM-1200", cells: ["eu-1"] };
    await stack.setCustomers([acme, globex, hooli]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "status", status: 400 });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    await stack.setCustomers([acme, globex, { ...hooli, status: "released" }]);
    assert.match(await stack.fail(["preview"]), /"hooli" .*`pulumi up`/s);
  });

  it("is spared by destroy", async () => {
    await stack.setCustomers([{ ...acme, status: "released" }, globex]);
    await stack.up();
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    assert.equal((await stack.listSecrets()).length, 1);
  });
});
