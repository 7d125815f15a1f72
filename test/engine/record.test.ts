import { strict as assert } from "node:assert";

import { z } from "zod";

import { eventSchema, type JournalEvent } from "../../provider/src/journal";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const unseen = ["up", "--yes", "--skip-preview"];
const noReason = { env: { TENANTS_REASON: undefined } };
const reader = "arn:aws:iam::123456789012:role/documents-client";

describe("changes of a production customer, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme, globex] });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  async function events(): Promise<JournalEvent[]> {
    const lines = (await stack.journal()).split("\n").filter((line) => line !== "");
    return lines.map((line) => eventSchema.parse(JSON.parse(line)));
  }

  /** The events of customers, each with what it changes and how it ended. */
  async function changes(): Promise<Array<Record<string, unknown>>> {
    const all = await events();
    return all.flatMap((event) => {
      if (event.event !== "intent" || event.type !== "Customer") return [];
      const { slot, operation, reason, parameters, id } = event;
      const result = all.find((other) => other.event === "result" && other.intent === id);
      const outcome = result?.event === "result" ? result.outcome : "open";
      return [{ slot, operation, reason, ...parameters, outcome }];
    });
  }

  const declared = (change: Record<string, unknown>) => [{ ...acme, ...change }, globex];

  const shorter = { readerRoleArns: [reader], recoveryWindowInDays: 7 };
  for (const [what, tag, former, change, before, after] of [
    [
      "a reader, and a shorter recovery window",
      "",
      undefined,
      { secrets: shorter },
      { "secrets.readerRoleArns": null, "secrets.recoveryWindowInDays": 30 },
      { "secrets.readerRoleArns": [reader], "secrets.recoveryWindowInDays": 7 },
    ],
    [
      "tags, and another KMS key",
      ` ${exhaustiveTag}`,
      { secrets: shorter },
      { customerId: "CRM-7", owner: "payments", secrets: { ...shorter, kmsKeyId: "alias/ours" } },
      { customerId: "CRM-1042", owner: null, "secrets.kmsKeyId": null },
      { customerId: "CRM-7", owner: "payments", "secrets.kmsKeyId": "alias/ours" },
    ],
  ] as const) {
    it(`need a reason, and are on record with it: ${what}${tag}`, async () => {
      if (former !== undefined) {
        await stack.setCustomers(declared(former));
        await stack.up();
      }
      const known = await changes();
      const journal = await stack.journal();
      await stack.setCustomers(declared(change));
      assert.match(await stack.succeed(["preview"], noReason), /export TENANTS_REASON="/);
      assert.match(await stack.fail(unseen, noReason), /TENANTS_REASON.*~ acme: |~ acme: .*TENANTS_REASON/s);
      assert.equal(await stack.journal(), journal);
      await stack.succeed(unseen, { env: { TENANTS_REASON: "CHG-1: 👩‍💻" } });
      assert.deepEqual((await changes()).slice(known.length), [
        { slot: "acme", operation: "change", reason: "CHG-1: 👩‍💻", before, after, outcome: "changed" },
      ]);
      const settled = await stack.journal();
      await stack.succeed([...unseen, "--expect-no-changes"], noReason);
      assert.equal(await stack.journal(), settled);
    });
  }

  it("are recorded for all customers if the setting is the stack's, and once, also of a customer that fails", async () => {
    const known = await changes();
    await stack.workspace.configure({ "tenants:owner": "platform" });
    // Nobody can be asked for a new cell.
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "status", status: 403 });
    await stack.setCustomers([acme, { ...globex, cells: ["eu-1", "us-1"] }]);
    await stack.fail(unseen);
    stack.sandbox.control.clearFaults();
    await stack.up();
    const recorded = (await changes()).slice(known.length);
    assert.deepEqual(
      recorded
        .filter(({ slot }) => slot === "globex")
        .map(({ before, after, outcome }) => [before, after, outcome]),
      [[{ owner: null }, { owner: "platform" }, "changed"]],
    );
    assert.equal(recorded.findLast(({ slot }) => slot === "acme")?.["outcome"], "changed");
    const { exitCode, stdout } = await stack.tenants("audit", "verify", "--json");
    assert.equal(exitCode, 0, stdout);
  });

  it(`are settled at once if the engine does not do them: refresh --run-program, and up --target of a part ${exhaustiveTag}`, async () => {
    // As the test before leaves it, also where this one runs alone.
    await stack.workspace.configure({ "tenants:owner": "platform" });
    await stack.setCustomers([acme, { ...globex, cells: ["eu-1", "us-1"] }]);
    await stack.up();
    const known = await changes();
    const edited = [
      { ...acme, owner: "refreshed" },
      { ...globex, cells: ["eu-1", "us-1"] },
    ];
    await stack.setCustomers(edited);
    await stack.succeed(["refresh", "--yes", "--skip-preview", "--run-program"]);
    const urn = await stack.urn("secret:Secret", "acme/eu-1/default");
    await stack.succeed([...unseen, "--target", urn]);
    await stack.up();
    const before = { owner: "platform" };
    const after = { owner: "refreshed" };
    assert.deepEqual(
      (await changes())
        .slice(known.length)
        .map((change) => [change["before"], change["after"], change["outcome"]]),
      [
        [before, after, "failed"],
        [before, after, "unknown"],
        [before, after, "changed"],
      ],
    );
    await stack.setCustomers([acme, edited[1]!]);
    await stack.up();
    const { exitCode, stdout } = await stack.tenants("audit", "verify", "--json");
    assert.equal(exitCode, 0, stdout);
  });

  it("are shown by audit show, with who AWS says it was, and what ran", async () => {
    const { stdout } = await stack.tenants("audit", "show", "--customer", "acme", "--json");
    const { operations } = z
      .object({ operations: z.array(z.looseObject({ operation: z.string(), type: z.string() })) })
      .parse(JSON.parse(stdout));
    const last = operations.findLast(({ type }) => type === "Customer");
    assert.match(String(last?.["awsIdentity"]), /^arn:aws:sts::123456789012:/);
    assert.deepEqual(Object.keys(last?.["versions"] as object).sort(), ["engine", "node", "package"]);
    assert.match(String(last?.["commit"]), /^[0-9a-f]{40}$/);
    for (const event of await events()) assert.notEqual(event.versions, undefined);
  });

  it("record a claim as such, and the deprecation, which a reason must be given for", async () => {
    await stack.setCustomers([
      { ...acme, status: "deprecated" },
      { ...globex, cells: ["eu-1", "us-1"] },
    ]);
    assert.match(await stack.fail(unseen, noReason), /~ acme: .*status: "active" → "deprecated"/);
    await stack.succeed(unseen, { env: { GITHUB_ACTOR: "octocat" } });
    const last = (await changes()).at(-1);
    assert.deepEqual([last?.["operation"], last?.["outcome"]], ["deprecate", "changed"]);
    const intent = (await events()).findLast(({ type }) => type === "Customer");
    assert.equal(intent?.claimedActor, "github:octocat");
    assert.doesNotMatch(intent.actor, /octocat/);
  });
});
