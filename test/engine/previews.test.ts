import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { exhaustiveTag } from "../suites";
import { fourCustomers } from "./customers";
import { StackUnderTest } from "./engine";

const newcomer = { name: "hooli", customerId: "CRM-1200", cells: ["eu-1"] };
const names = fourCustomers.map(({ name }) => name);
const [acme, globex, initech] = fourCustomers;
const readOnly = ["documents.submissions.read"];

/** A secret's old name goes, its credential, an application, and two tenants, one of which is renamed. */
const changed = [
  { ...acme, applications: [{ cell: "eu-1", scopes: readOnly }] },
  { ...globex, applications: [{ cell: "eu-1" }] },
  { ...initech, name: "initrode", status: "deprecated" },
  { ...newcomer, status: "deprecated" },
];

const summarySchema = z.object({
  consequences: z.array(z.object({ isGrave: z.boolean(), text: z.string() })),
});

describe("what a preview and an up print, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ customers: fourCustomers });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  const quiet = { env: { PULUMI_OPTION_SUPPRESS_OUTPUTS: "true" } };

  function assertNamesNone(printed: string): void {
    for (const name of names) assert.doesNotMatch(printed, new RegExp(name));
    assert.doesNotMatch(printed, /Outputs:|outputs:/);
  }

  it("contains only the changes, if one customer is added to others", async () => {
    await stack.setCustomers([...fourCustomers, newcomer]);
    for (const flags of [[], ["--diff"]]) {
      const printed = await stack.succeed(["preview", ...flags]);
      assertNamesNone(printed);
      assert.match(printed, /hooli/);
      assert.ok(printed.split("\n").length < 60, printed);
    }
    assertNamesNone(await stack.succeed(["up", "--yes"], quiet));
    const { customers } = (await stack.workspace.outputs()) as { customers: Record<string, unknown> };
    assert.deepEqual(Object.keys(customers).toSorted(), [...names, "hooli"].toSorted());
    const unchanged = await stack.succeed(["preview", "--expect-no-changes"]);
    assertNamesNone(unchanged);
    assert.doesNotMatch(unchanged, /Diagnostics/);
  });

  it("says in words what ends, before the engine's rows, and in the summary; and nothing once it is done", async () => {
    await stack.setCustomers(changed);
    const expected = [
      /acme\/eu-1\/default: .*`scopes` .*rotation:/,
      /globex\/eu-1\/reporting: .*\bpurpose reporting\b/,
      /initech: .*initrode/,
      /umbrella: .*status: released/,
      /hooli: .*deprecated/,
    ];
    const preview = await stack.succeed(["preview"]);
    const up = await stack.succeed(["up", "--yes", "--skip-preview"], quiet);
    for (const printed of [preview, up]) {
      const [rows = "", diagnostics = ""] = printed.split("Diagnostics:");
      const [words = ""] = rows.split(/^ [+-]/m);
      for (const sentence of expected) {
        assert.match(words, sentence);
        assert.match(diagnostics, sentence);
      }
      assert.doesNotMatch(printed, /Outputs:/);
    }
    const again = await stack.succeed(["preview", "--expect-no-changes"]);
    for (const sentence of expected) assert.doesNotMatch(again, sentence);
  });

  it(`calls an adoption by its name, and keeps it and the warnings in the summary ${exhaustiveTag}`, async () => {
    const tenantId = stack.tenantId("acme");
    const other = await stack.createBeside({
      customers: [{ name: "acme", customerId: "CRM-1042", cells: ["eu-1"], adopt: tenantId }],
    });
    const file = path.join(stack.workspace.directory, "preview.json");
    try {
      await writeFile(file, (await other.run(["preview", "--json", "--show-sames"])).stdout);
      const { stdout } = await other.tenants("summary", file, "--json");
      const { consequences } = summarySchema.parse(JSON.parse(stdout));
      assert.deepEqual(
        consequences.map(({ isGrave }) => isGrave),
        [false],
      );
      assert.match(consequences[0]!.text, new RegExp(`acme: .*${tenantId}`));
    } finally {
      await other.close();
    }
    await stack.workspace.configure({ "tenants:secretPrefix": `${stack.secretPrefix}-moved` });
    await writeFile(file, (await stack.run(["preview", "--json", "--show-sames"])).stdout);
    const moved = /acme\/eu-1\/default: .*\bARN\b/;
    assert.match((await stack.tenants("summary", file)).stdout, moved);
    const markdown = (await stack.tenants("summary", file, "--markdown")).stdout;
    assert.match(markdown, /\[!WARNING\]\n> - .*\bARN\b/);
  });
});
