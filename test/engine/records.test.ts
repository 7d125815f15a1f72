import { strict as assert } from "node:assert";

import { z } from "zod";

import { type CustomerRecord, customerRecordSchema } from "../../provider/src/names/stack-outputs";
import type { ProcessResult } from "../../sandbox/process";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const customers = [
  { ...globex, owner: "=1+1" },
  {
    ...acme,
    owner: "payments-team",
    applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "ingest", authMethod: "EC" }],
  },
];

describe("the system of record, by tenants list, show and ticket", function () {
  let stack: StackUnderTest;
  let records: Record<string, CustomerRecord>;

  before(async () => {
    stack = await StackUnderTest.create({ customers });
  });
  after(async () => {
    await stack.finish();
  });

  /** Runs a command with no credential of the organization's or AWS's, and no passphrase of the state's. */
  async function tenants(...args: string[]): Promise<ProcessResult> {
    const without = [
      "TENANTS_PRIVATE_KEY",
      "PULUMI_CONFIG_PASSPHRASE",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
    ];
    return stack.tenantsWith(Object.fromEntries(without.map((name) => [name, undefined])), ...args);
  }

  async function printed(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await tenants(...args);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  it("reports what to do if the stack was never brought up", async () => {
    const { exitCode, stderr } = await tenants("list");
    assert.equal(exitCode, 1);
    assert.match(stderr, /`pulumi up`/);
  });

  it("lists the customers", async () => {
    await stack.up();
    stack.sandbox.control.resetRequests();
    records = z
      .object({ customers: z.record(z.string(), customerRecordSchema) })
      .parse(await stack.workspace.outputs()).customers;
    const [heading, ...rows] = (await printed("list")).trimEnd().split("\n");
    assert.match(heading!, /^customer\tcustomer id\tstage\tcells\ttenant_id\tstatus\towner\t/);
    assert.deepEqual(
      rows.map((row) => row.split("\t").slice(0, 7)),
      ["acme", "globex"].map((name) => {
        const { customerId, tenantId, owner } = records[name]!;
        return [name, customerId, "testing", "eu-1", tenantId, "active", owner];
      }),
    );
  });

  it("lists them as JSON, each with every field", async () => {
    assert.deepEqual(JSON.parse(await printed("list", "--json")), [records["acme"], records["globex"]]);
  });

  it("lists them as CSV, a row an application, with no formula a spreadsheet would run", async () => {
    const [heading, ...rows] = (await printed("list", "--csv")).split("\r\n");
    const columns = heading!.split(",");
    assert.equal(rows.pop(), "");
    const cellsOf = (row: string): Record<string, string> =>
      Object.fromEntries(row.split(",").map((value, index) => [columns[index] ?? "", value]));
    const { createdBy, createdAt, tenantId, applications } = records["acme"]!;
    const [plain, ingest] = applications;
    assert.deepEqual(
      rows.map(cellsOf).map(({ name, purpose, keyId }) => [name, purpose, keyId]),
      [
        ["acme", "default", ""],
        // A thumbprint may begin with a hyphen, which a spreadsheet takes for a formula.
        ["acme", "ingest", ingest!.keyId!.replace(/^-/, "'-")],
        ["globex", "default", ""],
      ],
    );
    assert.deepEqual(cellsOf(rows[0]!), {
      name: "acme",
      customerId: "CRM-1042",
      status: "active",
      owner: "payments-team",
      stage: "testing",
      tenantId,
      cells: "eu-1",
      uiCells: "eu-1",
      webUiUrls: records["acme"]!.webUiUrls["eu-1"],
      readOnlyClaim: `${tenantId}_RO`,
      readWriteClaim: `${tenantId}_RW`,
      createdBy,
      createdAt,
      cell: "eu-1",
      purpose: "default",
      applicationId: plain!.applicationId,
      clientId: plain!.clientId,
      authMethod: "CLIENT_SECRET",
      keyId: "",
      tokenUrl: plain!.tokenUrl,
      secretArn: plain!.secretArn,
      applicationCreatedAt: plain!.createdAt,
      applicationRotatedAt: "",
    });
    assert.equal(cellsOf(rows[2]!)["owner"], "'=1+1");
  });

  it("shows every field of one customer", async () => {
    const text = await printed("show", "acme");
    const { applications, ...customer } = records["acme"]!;
    const values = [customer, ...applications].flatMap((part) =>
      Object.values(part).filter((value) => typeof value === "string"),
    );
    assert.ok(values.length > 20);
    for (const value of values) assert.ok(text.includes(value), `${value} is not shown:\n${text}`);
    assert.deepEqual(JSON.parse(await printed("show", "acme", "--json")), records["acme"]);
  });

  it("prints the lines that a support ticket needs", async () => {
    const { tenantId, webUiUrls, applications } = records["acme"]!;
    const ticket = await printed("ticket", "acme", "eu-1");
    assert.equal(await printed("ticket", "acme"), ticket, "a customer in one cell needs none");
    assert.deepEqual(ticket.trimEnd().split("\n"), [
      "stage: testing",
      "cell: eu-1",
      `tenant_id: ${tenantId}`,
      "tenant: acme",
      `web_ui: ${webUiUrls["eu-1"]!}`,
      `application_id (default): ${applications[0]!.applicationId}`,
      `client_id (default): ${applications[0]!.clientId}`,
      `application_id (ingest): ${applications[1]!.applicationId}`,
      `client_id (ingest): ${applications[1]!.clientId}`,
    ]);
  });

  for (const [what, args, said] of [
    ["a customer that is not there", ["show", "initech"], /"initech".* acme, globex/],
    ["a cell where it has nothing", ["ticket", "acme", "us-1"], /\bus-1\b.*\beu-1\b/],
    ["a cell that does not exist", ["ticket", "acme", "eu-9"], /eu-1, us-1/],
    ["JSON and CSV at once", ["list", "--json", "--csv"], /--json.*--csv|--csv.*--json/],
  ] as const) {
    it(`refuses ${what}, and names what is there`, async () => {
      const { exitCode, stdout, stderr } = await tenants(...args);
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, said);
    });
  }

  it("asks nothing of the API", () => {
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
  });

  it("shows what is deleted as deleted", async () => {
    await stack.succeed([
      "destroy",
      "--yes",
      "--skip-preview",
      "--target",
      "**globex**",
      "--target-dependents",
    ]);
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    const rows = (await printed("list")).trimEnd().split("\n").slice(1);
    assert.deepEqual(
      rows.map((row) => [row.split("\t")[0], row.split("\t")[5]]),
      [
        ["acme", "active"],
        ["globex", "deleted"],
      ],
    );
    const deleted = { ...records["globex"], status: "deleted" };
    assert.deepEqual(JSON.parse(await printed("list", "--json")), [records["acme"], deleted]);
    assert.deepEqual(JSON.parse(await printed("show", "globex", "--json")), deleted);
    const { exitCode, stdout, stderr } = await tenants("ticket", "globex");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^tenant_id: /m);
    assert.match(stderr, /deleted/);
  });
});
