import { strict as assert } from "node:assert";

import type { Stage } from "../../../provider/src";
import {
  type CustomerConfiguration,
  readConfiguration,
} from "../../../stacks/src/configuration/configuration";
import type { Consequence } from "../../../stacks/src/plan/consequence";
import { describeConsequences } from "../../../stacks/src/plan/describe-consequences";
import { findConsequences, type Situation } from "../../../stacks/src/plan/find-consequences";
import { readPlanReport, toPlanLine, withoutValues } from "../../../stacks/src/plan/report";
import type { ChangedCustomer } from "../../../stacks/src/record/customer-changes";
import { changesOf, toDeclared } from "../../../stacks/src/record/declared-customer";
import { planSlots } from "../../../stacks/src/rotation";
import { assertLinear } from "../../support/linear";
import { mentions } from "../../support/mentions";

type Entry = Record<string, unknown>;

const nowMs = Date.UTC(2026, 0, 10);
const acme = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
const globex = { name: "globex", customerId: "CRM-2", cells: ["eu-1"] };
const readOnly = ["documents.submissions.read"];
const one = (application: Entry): Entry => ({ ...acme, applications: [{ cell: "eu-1", ...application }] });
const role = (name: string): string => `arn:aws:iam::111111111111:role/${name}`;

function read(customers: readonly Entry[], stage: Stage = "testing"): CustomerConfiguration[] {
  const found = readConfiguration(
    new Map([
      ["stage", stage],
      ["tokenUrl", "https://eu.id.resistant.ai/token"],
      ["customers", JSON.stringify(customers)],
    ]),
    { awsRegion: "eu-west-1" },
  );
  assert.ok("configuration" in found, JSON.stringify(found));
  return found.configuration.customers;
}

/** What a stack holds that was last updated with these customers. */
function heldOf(customers: readonly Entry[], stage: Stage) {
  const resource = (type: string, name: string, outputs: Entry) => ({
    urn: `urn:pulumi:dev::p::${type}::${name}`,
    type,
    outputs,
  });
  const records = Object.fromEntries(
    read(customers, stage).map((customer) => [customer.name, record(customer)]),
  );
  return [
    resource("pulumi:pulumi:Stack", "p-dev", { customers: records }),
    ...read(customers, stage).flatMap(({ name, applications }) => [
      resource("pulumi-nodejs:dynamic/resistant:Tenant", name, { tenantId: `tenant-${name}` }),
      ...applications.flatMap(({ cell, purpose, scopes, authMethod }) => {
        const slot = `${name}/${cell}/${purpose}`;
        return [
          resource("aws:secretsmanager/secret:Secret", slot, {
            name: `resistant-tenants/${stage}/${slot}`,
            recoveryWindowInDays: 0,
          }),
          resource("aws:secretsmanager/secretVersion:SecretVersion", slot, {}),
          resource("pulumi-nodejs:dynamic/resistant:TenantApplication", slot, {
            applicationId: `id-${slot.replaceAll("/", "-")}`,
            clientId: `client-${slot}`,
            createdAt: "2026-01-01T00:00:00.000Z",
            scopes,
            authMethod,
          }),
        ];
      }),
    ]),
  ];
}

function record({ name, customerId, cells, status }: CustomerConfiguration): Entry {
  return {
    ...{
      tenantId: `tenant-${name}`,
      name,
      customerId,
      stage: "testing",
      cells,
      uiCells: cells,
      webUiUrls: {},
    },
    ...{ ssoClaims: { readOnly: "r", readWrite: "w" }, status, createdBy: "x", createdAt: "y" },
    applications: [],
  };
}

interface Options {
  secretPrefix?: string;
  stage?: Stage;
}

/** Gives an update from one list of customers to another. */
async function situationOf(
  before: readonly Entry[],
  after: readonly Entry[],
  { secretPrefix = "resistant-tenants", stage = "testing" }: Options = {},
): Promise<Situation> {
  const held = heldOf(before, stage);
  const customers = read(after, stage);
  const provided = customers.filter(({ status }) => status !== "released");
  const named = held.map(({ urn, ...rest }) => ({ ...rest, name: urn.split("::").at(-1) ?? "" }));
  const changed = provided.flatMap((customer): ChangedCustomer[] => {
    const was = read(before, stage).find(({ name }) => name === customer.name);
    const last = was && toDeclared(was, "resistant-tenants");
    const changes = last && changesOf(last, toDeclared(customer, secretPrefix));
    const of = { customer: customer.name, tenantId: undefined, before: last };
    return changes ? [{ ...of, operation: "change", changes, isCatchingUp: false }] : [];
  });
  return {
    stage,
    secretPrefix,
    customers,
    plans: await planSlots(provided, named, nowMs),
    held,
    changed,
  };
}

/** Finds what an update from one list of customers to another has as consequences. */
async function consequencesOf(
  before: readonly Entry[],
  after: readonly Entry[],
  options?: Options,
): Promise<Consequence[]> {
  return findConsequences(await situationOf(before, after, options));
}

describe("the consequences of an update", () => {
  it("are found without a search among all customers for each", async () => {
    await assertLinear(async (count) => {
      const customers = Array.from({ length: count }, (_, index) => ({
        ...acme,
        name: `customer${index}`,
        customerId: `CRM-${index}`,
      }));
      const renamed = customers.map((customer, index) => ({
        ...customer,
        // Every other one is renamed, and the rest get another application instead of theirs.
        ...(index % 2 === 0
          ? { name: `renamed${index}` }
          : { applications: [{ cell: "eu-1", purpose: "reporting" }] }),
      }));
      const situation = await situationOf(customers, renamed);
      return () => {
        const kinds = findConsequences(situation).map(({ kind }) => kind);
        assert.equal(kinds.filter((kind) => kind === "tenantDeleted").length, count / 2);
        assert.equal(kinds.filter((kind) => kind === "applicationDeleted").length, count / 2);
      };
    });
  });

  it("are none if nothing changes, or a customer or an application is added", async () => {
    assert.deepEqual(await consequencesOf([acme], [acme]), []);
    assert.deepEqual(await consequencesOf([], [acme]), []);
    assert.deepEqual(await consequencesOf([acme], [acme, globex]), []);
    const more = { ...acme, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "reporting" }] };
    assert.deepEqual(await consequencesOf([acme], [more]), []);
    assert.deepEqual(await consequencesOf([acme], [{ ...acme, status: "released" }]), []);
  });

  it("name the credential that ends at once, unless a rotation keeps it for a time", async () => {
    const subject = "acme/eu-1/default";
    const ends = { kind: "credentialEnds", subject, before: `client-${subject}` };
    const changes: Array<[Entry, string[]]> = [
      [{ scopes: readOnly }, ["scopes"]],
      [{ authMethod: "EC" }, ["authMethod"]],
      [{ scopes: readOnly, authMethod: "RSA" }, ["scopes", "authMethod"]],
      [{ rotation: { changes: "immediately", overlap: "0" }, scopes: readOnly }, ["overlap"]],
    ];
    for (const [application, fields] of changes) {
      assert.deepEqual(await consequencesOf([acme], [one(application)]), [{ ...ends, fields }]);
    }
    for (const rotation of [{ every: "90d" }, { changes: "immediately", overlap: "7d" }]) {
      assert.deepEqual(await consequencesOf([acme], [one({ scopes: readOnly, rotation })]), []);
    }
    // The order of scopes is no difference.
    const [read, write] = ["documents.submissions.read", "documents.submissions.write"];
    assert.deepEqual(
      await consequencesOf([one({ scopes: [write, read] })], [one({ scopes: [read, write] })]),
      [],
    );
  });

  it("name the tenant that is deleted, and what a customer is renamed to", async () => {
    const deleted = { kind: "tenantDeleted", subject: "acme", applications: 1 };
    assert.deepEqual(await consequencesOf([acme, globex], [globex]), [deleted]);
    assert.deepEqual(await consequencesOf([acme, globex], [{ ...acme, name: "acme2" }, globex]), [
      { ...deleted, after: "acme2" },
    ]);
    assert.deepEqual(await consequencesOf([acme], [{ ...globex, name: "other" }]), [deleted]);
  });

  it("distinguish a removed cell from a removed or renamed purpose", async () => {
    const two = { ...acme, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "ingest" }] };
    const of = { kind: "applicationDeleted", subject: "acme/eu-1/ingest", recoveryWindowInDays: 0 };
    assert.deepEqual(await consequencesOf([two], [acme]), [{ ...of, fields: ["purpose"] }]);
    const renamed = { ...acme, applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "intake" }] };
    assert.deepEqual(await consequencesOf([two], [renamed]), [
      { ...of, fields: ["purpose"], after: "intake" },
    ]);
    const cells = { ...acme, cells: ["eu-1", "us-1"] };
    assert.deepEqual(await consequencesOf([cells], [acme], { stage: "production" }), [
      { ...of, subject: "acme/us-1/default", fields: ["cell"] },
    ]);
  });

  it("name a secret that moves, and who can no longer read one", async () => {
    const slot = "acme/eu-1/default";
    assert.deepEqual(await consequencesOf([acme], [acme], { secretPrefix: "other" }), [
      {
        kind: "secretMoved",
        subject: slot,
        before: `resistant-tenants/testing/${slot}`,
        after: `other/testing/${slot}`,
        recoveryWindowInDays: 0,
      },
    ]);
    const secrets = (given: Entry): Entry => ({ ...acme, secrets: given });
    const of = { subject: "acme" };
    const [a, b] = [role("a"), role("b")];
    const cases: Array<[Entry, Entry, Consequence[]]> = [
      [{}, { readerRoleArns: [a] }, [{ kind: "readersRemoved", ...of, after: a }]],
      [{ readerRoleArns: [a, b] }, { readerRoleArns: [b] }, [{ kind: "readersRemoved", ...of, before: a }]],
      [{ readerRoleArns: [a] }, { readerRoleArns: [b, a] }, []],
      [{ readerRoleArns: [a] }, { readerRoleArns: [] }, []],
      [{ replicate: true }, {}, [{ kind: "replicasRemoved", ...of }]],
      [
        {},
        { kmsKeyId: "alias/mine" },
        [{ kind: "secretKeyChanged", ...of, before: "alias/aws/secretsmanager", after: "alias/mine" }],
      ],
    ];
    for (const [before, after, expected] of cases) {
      assert.deepEqual(await consequencesOf([secrets(before)], [secrets(after)]), expected);
    }
  });

  it("distinguish an adoption from a create, once", async () => {
    const adopt = "3b241101-e2bb-4255-8caf-4136c566a962";
    const secretArn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:theirs-AbCdEf";
    const adopted = { ...one({ adopt: { applicationId: "id-acme-eu-1-default", secretArn } }), adopt };
    const found = await consequencesOf([], [adopted]);
    assert.deepEqual(found, [
      { kind: "tenantAdopted", subject: "acme", after: adopt },
      { kind: "applicationAdopted", subject: "acme/eu-1/default", after: "id-acme-eu-1-default" },
    ]);
    assert.deepEqual(await consequencesOf([adopted], [adopted]), []);
  });

  it("name a customer that becomes deprecated, or active again", async () => {
    const deprecated = { ...acme, status: "deprecated" };
    const kinds = async (before: Entry, after: Entry): Promise<string[]> =>
      (await consequencesOf([before], [after])).map(({ kind }) => kind);
    assert.deepEqual(await kinds(acme, deprecated), ["deprecated"]);
    assert.deepEqual(await kinds(deprecated, acme), ["reactivated"]);
    assert.deepEqual(await kinds(deprecated, deprecated), []);
  });
});

describe("the sentences on consequences", () => {
  const all: Consequence[] = [
    { kind: "deprecated", subject: "acme" },
    { kind: "credentialEnds", subject: "acme/eu-1/default", fields: ["scopes"], before: "client-1" },
    { kind: "tenantDeleted", subject: "globex", applications: 2, after: "globex2" },
  ];

  it("start with the most serious, name the customer, and say what to do", () => {
    const told = describeConsequences(all);
    assert.deepEqual(
      told.map(({ isGrave, text }) => [isGrave, text.split(":")[0]]),
      [
        [true, "globex"],
        [true, "acme/eu-1/default"],
        [false, "acme"],
      ],
    );
    mentions(told[0]!.text, "globex", "globex2", "2");
    mentions(told[1]!.text, "`scopes`", "client-1", "rotation: { changes: immediately, overlap: 7d }");
    assert.match(told[2]!.text, /status: active/);
  });

  it("name all, and do not repeat a sentence for each of many", () => {
    const many = Array.from({ length: 60 }, (_, index): Consequence => ({
      kind: "tenantDeleted",
      subject: `customer${index}`,
      applications: 1,
    }));
    const told = describeConsequences(many);
    assert.equal(told.length, 11);
    for (const { subject } of many) assert.ok(told.some(({ text }) => text.includes(subject)));
  });

  it("are in the report, without values if the customers are encrypted", () => {
    const nothing = { isFirst: false, settings: [], allowedHosts: [], declared: [], generations: [] };
    const report = { version: 1 as const, ...nothing, consequences: all };
    assert.deepEqual(readPlanReport([toPlanLine(report)]), report);
    const texts = describeConsequences(withoutValues(report).consequences).map(({ text }) => text);
    assert.doesNotMatch(texts.join("\n"), /client-1|globex2|undefined/);
    // A report that an earlier release wrote has none.
    assert.deepEqual(
      readPlanReport([`tenants:plan ${JSON.stringify({ version: 1, ...nothing })}`])?.consequences,
      [],
    );
  });
});
