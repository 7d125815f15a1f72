import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import type { ConfigOverrides, ConfigValue } from "../../sandbox/pulumi/config-file";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { StackUnderTest } from "./engine";
import { recordedSetting, recordedVersion } from "./recorded-setting";

const summarySchema = z.object({
  digest: z.string(),
  customers: z.record(z.string(), z.array(z.string())),
  changes: z.array(
    z.object({
      subject: z.string(),
      kind: z.string(),
      name: z.string(),
      details: z.array(z.record(z.string(), z.string())),
    }),
  ),
  settings: z.array(z.record(z.string(), z.unknown())),
  isFirst: z.boolean(),
  declared: z.array(z.record(z.string(), z.string())),
  waiting: z.array(z.string()),
});
type Summary = z.output<typeof summarySchema>;

/** What the engine previews on a day, and what `tenants summary` makes of it; day 0 is the first of January 2026. */
interface Judged {
  preview: number;
  rotation: number;
  refusal: string;
  summary: Summary | undefined;
}

const day = (days: number): { env: Record<string, string> } => ({
  env: { TENANTS_NOW: new Date(Date.UTC(2026, 0, 1 + days)).toISOString() },
});

const rotation = { every: "90d", overlap: "7d" };
const role = (account: string): string => `arn:aws:iam::${account}:role/reader`;
const plain = { cell: "eu-1", scopes: ["documents.submissions.read"], rotation };
const keyed = { cell: "eu-1", purpose: "keyed", authMethod: "EC", rotation };
const acme = {
  name: "acme",
  customerId: "CRM-1042",
  owner: "payments-team",
  cells: ["eu-1"],
  uiCells: ["eu-1"],
  secrets: { readerRoleArns: [role("111111111111")], recoveryWindowInDays: 30 },
  applications: [plain, keyed],
};
const both = ["documents.submissions.read", "documents.submissions.write"];
const withPlain = (other: Record<string, ConfigValue>): ConfigValue => [
  { ...acme, applications: [{ ...plain, ...other }, keyed] },
];
const strangersKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ type: "spki", format: "pem" })
  .toString();

describe("a plan and what is approved of it, on the engine", function () {
  let stack: StackUnderTest;
  let file: string;
  let first: Judged;

  before(async () => {
    stack = await StackUnderTest.create({
      stage: "production",
      customers: [acme],
      encryption: "passphrase",
    });
    file = path.join(stack.workspace.directory, "preview.json");
    first = await judge(0);
    await upOn(0);
  });
  after(async () => {
    await stack.finish();
  });

  async function judge(days: number, ...flags: string[]): Promise<Judged> {
    const { exitCode, stdout } = await stack.run(["preview", "--json", "--show-sames", ...flags], day(days));
    await writeFile(file, stdout);
    const judged = await stack.tenants("summary", file, "--json", "--only-rotations");
    const summary = exitCode === 0 ? summarySchema.parse(JSON.parse(judged.stdout)) : undefined;
    return { preview: exitCode, rotation: judged.exitCode, refusal: judged.stderr, summary };
  }

  async function told(...flags: string[]): Promise<string> {
    return (await stack.tenants("summary", file, ...flags)).stdout;
  }

  const upOn = (days: number, ...flags: string[]): Promise<string> =>
    stack.succeed(["up", "--yes", "--skip-preview", ...flags], day(days));

  it("shows the settings of a first up as new, with what an approver judges", async () => {
    const { summary, rotation } = first;
    assert.ok(summary?.isFirst === true && summary.digest !== "none");
    assert.equal(rotation, 3);
    assert.ok(summary.settings.some(({ setting, after }) => setting === "stage" && after === "production"));
    const secret = summary.changes.find(
      ({ subject, name }) => subject === "secret" && name === "acme/eu-1/default",
    );
    assert.deepEqual(secret!.details, [
      { what: "readers", after: role("111111111111") },
      { what: "recovery window", after: "30 days" },
    ]);
    assert.ok(summary.declared.some(({ what, after }) => what === "overlap" && after === "7d"));
    const { summary: after, rotation: passed } = await judge(1);
    assert.deepEqual([after!.digest, after!.settings, passed], ["none", [], 0]);
  });

  it(`counts another setting as a change to approve, and shows no secret value ${exhaustiveTag}`, async () => {
    const { journal } = { journal: path.join(stack.workspace.directory, "other.jsonl") };
    const before = path.join(stack.workspace.directory, "journal.jsonl");
    await stack.workspace.configure({ "tenants:journal": journal });
    await stack.succeed(["config", "set", "--secret", "tenants:auditLogGroup", "a-secret-of-nobody"]);
    const plan = path.join(stack.workspace.directory, "plan.json");
    const { summary, rotation, refusal } = await judge(1, "--save-plan", plan);
    assert.notEqual(summary!.digest, "none");
    assert.equal(rotation, 3);
    mentions(refusal, "journal", before, journal);
    assert.deepEqual(summary!.settings, [
      { setting: "auditLogGroup", isSecret: true },
      { setting: "journal", before, after: journal },
    ]);
    for (const flag of ["--json", "--markdown", "--expect=none"]) {
      assert.doesNotMatch(await told(flag), /a-secret-of-nobody/);
    }
    assert.equal((await stack.tenants("summary", file, "--expect", summary!.digest)).exitCode, 0);
    await stack.workspace.configure({ "tenants:journal": before, "tenants:auditLogGroup": null });
    await stack.workspace.configure({ "tenants:quota": 30 });
    const { summary: quota } = await judge(1, "--save-plan", plan);
    assert.deepEqual(quota!.settings, [{ setting: "quota", after: "30" }]);
    await upOn(1, "--plan", plan);
    assert.equal((await judge(1)).summary!.digest, "none");
  });

  it(`counts another package version, and another secrets provider, as a change to approve ${exhaustiveTag}`, async () => {
    await upOn(1);
    const state = path.join(stack.workspace.directory, "state.json");
    const exported = await stack.succeed(["stack", "export"]);
    const importing = async (text: string): Promise<void> => {
      await writeFile(state, text);
      await stack.succeed(["stack", "import", "--file", state]);
    };
    const expectSetting = async (setting: string, before: string, after: string): Promise<void> => {
      const { summary, rotation, refusal } = await judge(1);
      assert.deepEqual(summary!.settings, [{ setting, before, after }]);
      assert.notEqual(summary!.digest, "none");
      assert.equal(rotation, 3);
      for (const told of [refusal, await stack.succeed(["preview"], day(1))]) {
        mentions(told, `${setting}: ${before} → ${after}`);
      }
    };
    // The last `up` was that of an earlier release.
    const recorded = recordedVersion(exported);
    assert.ok(recorded !== undefined, "the state records the package's version");
    await importing(
      exported.replaceAll(
        recordedSetting("package version", recorded),
        recordedSetting("package version", "0.0.9"),
      ),
    );
    await expectSetting("package version", "0.0.9", recorded);
    // Its secrets were encrypted by a key service.
    const [was, is] = ["awskms://alias/x", "default"].map((value) =>
      recordedSetting("secrets provider", value),
    ) as [string, string];
    assert.ok(exported.includes(is), "the state records the secrets provider");
    await importing(exported.replaceAll(is, was));
    await expectSetting("secrets provider", "awskms://alias/x", "default");
    await importing(exported);
    assert.equal((await judge(1)).summary!.digest, "none");
  });

  const attacks: Record<string, { customers?: ConfigValue; settings?: ConfigOverrides; isRefused?: true }> = {
    "a stranger's public key": {
      customers: withPlain({
        authMethod: "EC",
        publicKey: strangersKey,
        rotation: { overlap: "7d", changes: "immediately" },
      }),
    },
    "more scopes": { customers: withPlain({ scopes: both }) },
    "more scopes at once": {
      customers: withPlain({ scopes: both, rotation: { ...rotation, changes: "immediately" } }),
    },
    "no overlap": { customers: withPlain({ rotation: { ...rotation, overlap: "0" } }) },
    "another age": { customers: withPlain({ rotation: { ...rotation, every: "365d" } }) },
    "another purpose": { customers: withPlain({ purpose: "other" }), isRefused: true },
    "another account's reader": {
      customers: [
        {
          ...acme,
          secrets: { ...acme.secrets, readerRoleArns: [role("111111111111"), role("999999999999")] },
        },
      ],
    },
    "a shorter recovery window": {
      customers: [{ ...acme, secrets: { ...acme.secrets, recoveryWindowInDays: 7 } }],
    },
    "another KMS key": {
      customers: [{ ...acme, secrets: { ...acme.secrets, kmsKeyId: "alias/other" } }],
    },
    "another owner": { customers: [{ ...acme, owner: "somebody" }] },
    "another customer id": { customers: [{ ...acme, customerId: "CRM-9" }] },
    "no protection": { customers: [{ ...acme, status: "deprecated" }] },
    "a hand-over": { customers: [{ ...acme, status: "released" }] },
    "other Web UI cells": {
      customers: [{ ...acme, cells: ["eu-1", "us-1"], uiCells: ["eu-1", "us-1"] }],
      isRefused: true,
    },
    "an adoption": {
      customers: [{ ...acme, adopt: "7f6fbb3e-4b0e-4cf8-9f7b-0f3e4a1f2c11" }],
      isRefused: true,
    },
    "another customer": {
      customers: [acme, { name: "globex", customerId: "CRM-2", cells: ["eu-1"] }],
    },
    "another prefix": { settings: { "tenants:secretPrefix": "elsewhere" }, isRefused: true },
    "lost applications replaced": { settings: { "tenants:replaceLostApplications": true } },
    "another way to AWS": { settings: { "aws:maxRetries": 7 } },
    "another rotation for all": { settings: { "tenants:rotation": { every: "30d" } } },
  };

  it("lets a plain rotation pass on its day, and requires the unchanged resources in the preview", async () => {
    const { summary, rotation, refusal } = await judge(91);
    assert.equal(rotation, 0, refusal);
    assert.deepEqual(
      summary!.changes
        .filter(({ subject }) => subject === "application")
        .map(({ kind, name }) => [kind, name]),
      [
        ["rotated", "acme/eu-1/default/2"],
        ["rotated", "acme/eu-1/keyed/2"],
      ],
    );
    const bare = await stack.run(["preview", "--json"], day(91));
    await writeFile(file, bare.stdout);
    const refused = await stack.tenants("summary", file, "--only-rotations");
    assert.equal(refused.exitCode, 3);
    assert.match(refused.stderr, /--show-sames/);
  });

  const sample = ["a stranger's public key", "another account's reader"];
  for (const [name, { customers = [acme], settings = {}, isRefused }] of Object.entries(attacks)) {
    const tag = sample.includes(name) ? "" : ` ${exhaustiveTag}`;
    it(`refuses a rotation that comes with ${name}${tag}`, async () => {
      const restored = { "tenants:secretPrefix": stack.secretPrefix };
      const unset = Object.fromEntries(Object.keys(settings).map((key) => [key, null]));
      const journal = path.join(stack.workspace.directory, "journal.jsonl");
      await stack.workspace.configure({ "tenants:customers": customers, ...settings });
      try {
        const { preview, rotation, refusal } = await judge(91);
        // What the program refuses itself is no plan that could be applied.
        assert.deepEqual([preview === 0, rotation], isRefused === true ? [false, 1] : [true, 3], refusal);
        if (isRefused === true) mentions(refusal, file);
      } finally {
        await stack.workspace.configure({
          "tenants:customers": [acme],
          ...unset,
          ...restored,
          "tenants:journal": journal,
        });
      }
    });
  }

  it("has a waiting change approved when it is declared, reports when it takes effect, and lets it pass then", async () => {
    await stack.setCustomers(withPlain({ scopes: both }));
    const { summary, rotation } = await judge(10);
    assert.notEqual(summary!.digest, "none");
    assert.equal(rotation, 3);
    const [waits = "", ...others] = summary!.waiting;
    mentions(waits, "acme/eu-1/default", both.join(", "), "2026-04-01");
    assert.deepEqual(others, []);
    mentions(await told(), waits);
    await upOn(10, "--expect-no-changes");
    const waiting = await judge(11);
    assert.deepEqual(
      [waiting.summary!.digest, waiting.summary!.waiting, waiting.rotation],
      ["none", [waits], 0],
    );
    const due = await judge(91);
    assert.equal(due.rotation, 0, due.refusal);
    assert.deepEqual(due.summary!.changes.find(({ name }) => name === "acme/eu-1/default/2")!.details, [
      { what: "scopes", before: both[0]!, after: both.join(", ") },
    ]);
    await stack.setCustomers(withPlain({ scopes: [both[1]!] }));
    assert.equal((await judge(91)).rotation, 3);
    await stack.setCustomers(withPlain({ scopes: both }));
  });

  it(`lets a plain retirement pass after the overlap, and none before it ${exhaustiveTag}`, async () => {
    // As the test before leaves it, also where this one runs alone.
    await stack.setCustomers(withPlain({ scopes: both }));
    await upOn(10);
    await upOn(91);
    await stack.setCustomers([
      {
        ...acme,
        applications: [{ ...plain, scopes: both, rotation: { ...rotation, overlap: "1d" } }, keyed],
      },
    ]);
    assert.equal((await judge(95)).rotation, 3);
    await stack.setCustomers(withPlain({ scopes: both }));
    assert.equal((await judge(95)).summary!.digest, "none");
    const { summary, rotation: retirement, refusal } = await judge(99);
    assert.equal(retirement, 0, refusal);
    assert.deepEqual([...new Set(summary!.changes.map(({ kind }) => kind))], ["retired"]);
    await upOn(99);
    assert.equal((await judge(100)).summary!.digest, "none");
  });

  it("shows a customer that leaves the safeguard, whose resources the engine calls the same", async () => {
    await stack.setCustomers([
      { ...acme, applications: [{ ...plain, scopes: both }, keyed], status: "deprecated" },
    ]);
    const { summary } = await judge(11);
    assert.notEqual(summary!.digest, "none");
    assert.deepEqual(summary!.declared, [
      { name: "acme", what: "status", before: "active", after: "deprecated" },
    ]);
    assert.match(await told("--markdown"), /protected/);
  });

  it("reads a hand-over as a hand-over", async () => {
    await stack.setCustomers([
      { ...acme, applications: [{ ...plain, scopes: both }, keyed], status: "released" },
    ]);
    const { summary } = await judge(11);
    assert.deepEqual(summary!.customers["handedOver"], ["acme"]);
    const ending = ["removed", "replaced", "retired"];
    assert.deepEqual(
      summary!.changes.filter(({ kind }) => ending.includes(kind)),
      [],
    );
    for (const flag of ["--markdown", "--title=x"]) {
      const text = (await told(flag)).replaceAll(/&#(\d+);/g, (_, code: string) =>
        String.fromCodePoint(Number(code)),
      );
      mentions(text, "customer acme");
      assert.doesNotMatch(text, /Released|changed/);
    }
  });
});
