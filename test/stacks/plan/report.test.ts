import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { readSecretsProvider } from "../../../stacks/src/configuration/stack-file";
import { changedDeclaration } from "../../../stacks/src/plan/declaration";
import { readRecorded } from "../../../stacks/src/plan/recorded";
import { type PlanReport, readPlanReport, saysNothing, toPlanLine } from "../../../stacks/src/plan/report";
import {
  changedSettings,
  fromRecordedSettings,
  recordedSettingsSchema,
  toRecordedSettings,
  toSettings,
} from "../../../stacks/src/plan/settings";
import { mentioning } from "../../support/mentions";

const nothing: PlanReport = {
  version: 1,
  isFirst: false,
  settings: [],
  allowedHosts: [],
  declared: [],
  generations: [],
  consequences: [],
};

describe("the settings of a plan", () => {
  const before = { "tenants:journal": "a", "tenants:keyId": "one", "aws:region": "eu-west-1" };

  it("are the configuration of the namespaces tenants and aws, without customers and reason", () => {
    const after = {
      "tenants:journal": "b",
      "aws:region": "eu-west-1",
      "aws:endpoints": "[]",
      "tenants:reason": "why",
      "tenants:customers": "[]",
      "tenants:customersFrom": "customers/*.yaml",
      "other:key": "x",
    };
    assert.deepEqual(changedSettings(toSettings(before, new Set()), toSettings(after, new Set())), [
      { setting: "aws:endpoints", after: "[]" },
      { setting: "journal", before: "a", after: "b" },
      { setting: "keyId", before: "one" },
    ]);
  });

  it("contain no value of a secret, of a credential, or of a former secret", () => {
    const was = { ...before, "tenants:privateKey": "old", "aws:httpProxy": "http://u:p@proxy" };
    const is = {
      ...before,
      "tenants:keyId": "two",
      "tenants:privateKey": "new",
      "aws:httpProxy": "http://p",
    };
    assert.deepEqual(
      changedSettings(toSettings(was, new Set(["tenants:keyId"])), toSettings(is, new Set())),
      ["aws:httpProxy", "keyId", "privateKey"].map((setting) => ({ setting, isSecret: true })),
    );
  });

  it("are the same if they are only encrypted, and record no secret", () => {
    const config = { "tenants:auditLogGroup": "a-log-group" };
    const [encrypted, plain] = [["tenants:auditLogGroup"], []].map((keys) =>
      toSettings(config, new Set(keys)),
    );
    assert.deepEqual(changedSettings(encrypted!, plain!), []);
    assert.deepEqual(changedSettings(plain!, encrypted!), []);
    const recorded = toRecordedSettings(encrypted!);
    assert.doesNotMatch(JSON.stringify(recorded), /a-log-group/);
    assert.deepEqual(fromRecordedSettings(recordedSettingsSchema.parse(recorded)), encrypted);
  });

  it("contain the secrets provider from the stack's file", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "plan-"));
    const file = path.join(folder, "Pulumi.prod.yaml");
    try {
      assert.equal(await readSecretsProvider(file), undefined);
      await writeFile(file, "config: {}\n");
      assert.equal(await readSecretsProvider(file), "default");
      await writeFile(file, 'config: {}\n"secretsprovider": "awskms://alias/a?region=eu-west-1"\n');
      assert.equal(await readSecretsProvider(file), "awskms://alias/a?region=eu-west-1");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("what the last up recorded", () => {
  const provider = {
    urn: "urn:pulumi:dev::p::pulumi:providers:pulumi-nodejs::default",
    type: "pulumi:providers:pulumi-nodejs",
    outputs: {
      "tenants:stage": "testing",
      "tenants:tokenUrl": "https://example.com/token",
      "tenants:quota": "20",
      "tenants:customers": JSON.stringify([{ name: "acme", customerId: "CRM-1", cells: ["eu-1"] }]),
    },
  };
  const component = {
    urn: "urn:pulumi:dev::p::resistant:index:Customer::acme",
    type: "resistant:index:Customer",
    outputs: {},
  };

  it("is empty before the first", async () => {
    const { settings, declarations } = await readRecorded([], ["acme"]);
    assert.deepEqual([settings, declarations.get("acme")], [[], {}]);
  });

  it("is only the configuration if an earlier release ran", async () => {
    const { settings, declarations } = await readRecorded([provider, component], ["acme", "globex"]);
    assert.equal(settings[0]?.get("quota")?.value, "20");
    assert.equal(declarations.get("acme")!["acme"]!["customerId"], "CRM-1");
    assert.deepEqual(declarations.get("globex"), {});
  });

  it("is the customer's record rather than the configuration", async () => {
    const applied = {
      declared: { acme: { customerId: "CRM-2" } },
      settings: { "package version": "0.2.0" },
      secretKeys: ["tenants:quota"],
    };
    const { settings, declarations } = await readRecorded(
      [provider, { ...component, outputs: { applied } }],
      ["acme"],
    );
    assert.deepEqual(settings[0]?.get("package version"), { value: "0.2.0", isSecret: false });
    assert.equal(settings[0].get("quota")?.isSecret, true);
    assert.deepEqual(declarations.get("acme"), applied.declared);
  });

  it("is each customer's record, even if the provider was configured otherwise since", async () => {
    const configured = { quota: "10", privateKey: { sha256: "of-a-key" } };
    const applied = { declared: {}, settings: {}, secretKeys: ["tenants:privateKey"] };
    const globex = { ...component, urn: component.urn.replace("acme", "globex") };
    const record = { applied, configured };
    const unfinished = { ...globex, urn: component.urn.replace("acme", "unfinished") };
    const recorded = await readRecorded(
      [provider, { ...component, outputs: record }, { ...globex, outputs: { applied } }, unfinished],
      [],
    );
    assert.deepEqual(
      recorded.settings.map((settings) => settings.get("quota")?.value),
      ["10", "20"],
    );
    assert.deepEqual(recorded.settings[0]?.get("privateKey"), { value: "of-a-key", isSecret: true });
    assert.deepEqual(recorded.records.get("acme"), record);
    const { records } = await readRecorded([provider, component], ["acme"]);
    assert.equal(records.get("acme")?.configured["quota"], "20");
  });

  it("counts unrecorded settings as unchanged", () => {
    const after = { acme: { customerId: "CRM-2", owner: "", fieldOfTomorrow: "x" } };
    assert.deepEqual(changedDeclaration({ acme: { customerId: "CRM-1", owner: "team" } }, after), [
      { subject: "acme", field: "customerId", before: "CRM-1", after: "CRM-2" },
      { subject: "acme", field: "owner", before: "team" },
    ]);
  });
});

describe("the report of a plan", () => {
  it("is read from its line unchanged, with any content", () => {
    const value = "a<{%fg 1%}>b \u2028 ::add-mask::x";
    const report = { ...nothing, settings: [{ setting: "journal", before: value }] };
    const line = toPlanLine(report);
    assert.doesNotMatch(line, /<\{|\n/);
    assert.deepEqual(readPlanReport(["acme: another line", `${line}\n`]), report);
  });

  it("is refused if there are two, or one that is not a report", () => {
    const line = toPlanLine(nothing);
    assert.throws(() => readPlanReport([line, line]), mentioning("2"));
    for (const unreadable of ['tenants:plan {"version":2}', "tenants:plan [secret]"])
      assert.throws(
        () => readPlanReport([unreadable]),
        ({ cause }: Error) => cause instanceof Error,
      );
    assert.equal(readPlanReport(["acme: tenants:plan {}"]), undefined);
  });

  it("is empty if nothing changes, and minimal before a first update", () => {
    assert.ok(saysNothing(nothing));
    assert.ok(!saysNothing({ ...nothing, isFirst: true }));
    assert.ok(!saysNothing({ ...nothing, allowedHosts: ["localhost:1"] }));
  });
});
