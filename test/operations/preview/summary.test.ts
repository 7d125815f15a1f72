import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { summaryAsMarkdown } from "../../../cli/print/preview-markdown";
import { beyondRotation } from "../../../operations/src/preview/rotation-gate";
import { readPreview, type Step } from "../../../operations/src/preview/step";
import { type Summary, summaryOf } from "../../../operations/src/preview/summary";
import type { PlanReport } from "../../../stacks/src/plan";
import { assertLinear } from "../../support/linear";
import { mentions } from "../../support/mentions";

const types = {
  customer: "resistant:index:Customer",
  tenant: "pulumi-nodejs:dynamic/resistant:Tenant",
  application: "pulumi-nodejs:dynamic/resistant:TenantApplication",
  key: "pulumi-nodejs:dynamic/resistant:SigningKey",
  generation: "resistant:index:Generation",
  secret: "aws:secretsmanager/secret:Secret",
  value: "aws:secretsmanager/secretVersion:SecretVersion",
};

function step(
  operation: string,
  kind: keyof typeof types,
  name: string,
  inputs: Record<string, unknown> = {},
): Step {
  const type = types[kind];
  const state = { type, inputs, outputs: {}, protect: false, provider: undefined, options: {} };
  return {
    operation,
    urn: `urn:pulumi:dev::project::${types.customer}$${type}::${name}`,
    type,
    name,
    inputs,
    ...(operation === "create" ? {} : { before: state }),
    ...(operation === "delete" ? {} : { after: state }),
  };
}

const summaryOfSteps = (steps: Step[]): Summary => summaryOf({ steps });
const report: PlanReport = {
  version: 1,
  isFirst: false,
  settings: [],
  allowedHosts: [],
  declared: [],
  generations: [{ slot: "acme/eu-1/default", goes: [1], changes: [], waits: false }],
  consequences: [],
};
const beyond = (steps: Step[]): string[] => beyondRotation({ steps, report }, {});

const told = ({ changes }: Summary): string[] =>
  changes.map(({ kind, subject, name }) => `${kind} ${subject} ${name}`);

const rotation = [
  step("same", "customer", "acme"),
  step("same", "tenant", "acme"),
  step("same", "application", "acme/eu-1/default"),
  step("create", "application", "acme/eu-1/default/2"),
  step("create", "key", "acme/eu-1/default/2"),
  step("same", "key", "acme/eu-1/default"),
  step("same", "value", "acme/eu-1/default"),
  step("create", "value", "acme/eu-1/default/2"),
];

/** The steps of a customer whose credentials are rotated, while those of another application are retired. */
function turnOf(customer: string): Step[] {
  const old = `${customer}/eu-1/old`;
  return [
    ...rotation.map(({ operation, type, name }) => ({
      ...step(operation, "application", name.replace("acme", customer)),
      type,
    })),
    step("delete", "application", old),
    step("same", "application", `${old}/2`),
    step("same", "value", `${old}/2`),
  ];
}

function reportOfTurns(customers: readonly string[]): PlanReport {
  return {
    ...report,
    declared: customers.map((name) => ({ subject: `${name}/eu-1/default`, field: "overlap", after: "1d" })),
    generations: customers.map((name) => ({
      slot: `${name}/eu-1/old`,
      goes: [1],
      changes: [],
      waits: false,
    })),
  };
}

describe("the summary of a preview", () => {
  it("and what is beyond a rotation in it are found without a search among all steps for each", async () => {
    await assertLinear((count) => {
      const customers = Array.from({ length: count }, (_, index) => `customer-${index}`);
      const preview = { steps: customers.flatMap(turnOf), report: reportOfTurns(customers) };
      return () => {
        const summary = summaryOf(preview);
        assert.equal(summary.customers.changed.length, count);
        assert.equal(summary.changes.filter(({ kind }) => kind === "retired").length, count);
        assert.equal(beyondRotation(preview, {}).length, count * 4);
        assert.ok(summaryAsMarkdown(summary, { title: "Preview" }).length > 0);
      };
    }, 50);
  });

  it("distinguishes an adopted application from a created one; as a further generation it is no rotation", () => {
    const adopt = { applicationId: "a-1" };
    const adopted = step("create", "application", "acme/eu-1/ingest", { adopt });
    assert.deepEqual(told(summaryOfSteps([...rotation.slice(0, 3), adopted])), [
      "adopted application acme/eu-1/ingest",
    ]);
    const next = step("create", "application", "acme/eu-1/default/2", { adopt });
    assert.notDeepEqual(beyond([...rotation.filter(({ name }) => !name.endsWith("/2")), next]), []);
  });

  it("distinguishes added, adopted, removed and changed customers", () => {
    const { customers, replacedTenants } = summaryOfSteps([
      step("create", "tenant", "one"),
      step("create", "application", "one/eu-1/default"),
      step("create", "tenant", "two", { adopt: "an-id" }),
      step("delete", "tenant", "three"),
      step("update", "secret", "four/eu-1/default"),
      step("replace", "tenant", "five"),
      step("same", "tenant", "six"),
      step("refresh", "tenant", "seven"),
    ]);
    assert.deepEqual(customers, {
      added: ["one"],
      adopted: ["two"],
      removed: ["three"],
      handedOver: [],
      forgotten: [],
      changed: ["five", "four"],
    });
    assert.deepEqual(replacedTenants, ["five"]);
  });

  it("counts a further generation as a rotation, and the end of an older one as a retirement", () => {
    assert.deepEqual(told(summaryOfSteps(rotation)), [
      "rotated application acme/eu-1/default/2",
      "rotated signing key acme/eu-1/default/2",
      "rotated secret value acme/eu-1/default/2",
    ]);
    const retirement = [
      step("delete", "application", "acme/eu-1/default"),
      step("same", "application", "acme/eu-1/default/2"),
    ];
    assert.deepEqual(told(summaryOfSteps(retirement)), ["retired application acme/eu-1/default"]);
  });

  it("counts nothing else as one", () => {
    const steps = [
      step("create", "application", "acme/eu-1/reporting"),
      step("delete", "application", "acme/eu-1/default"),
      step("delete", "application", "acme/eu-1/default/2"),
      step("create", "application", "new/eu-1/default/2"),
    ];
    assert.deepEqual(told(summaryOfSteps(steps)), [
      "removed application acme/eu-1/default",
      "removed application acme/eu-1/default/2",
      "added application acme/eu-1/reporting",
      "added application new/eu-1/default/2",
    ]);
  });

  it("lets an unattended run change nothing that it does not know", () => {
    for (const other of [
      step("replace", "tenant", "acme"),
      step("create", "tenant", "late"),
      step("delete", "application", "acme/eu-1/reporting"),
      step("update", "secret", "acme/eu-1/default"),
      step("create", "secret", "acme/eu-1/reporting"),
      step("replace", "value", "acme/eu-1/default"),
      step("import", "application", "acme/eu-1/reporting"),
      step("a-word-of-tomorrow", "application", "acme/eu-1/reporting"),
    ]) {
      const before = beyond(rotation).length;
      // A second step of a resource that already exists makes both doubtful.
      assert.ok(beyond([...rotation, other]).length > before, `${other.operation} ${other.name}`);
    }
  });

  it("finds a removed protection, although the engine reports no change", () => {
    const [tenant] = [step("same", "tenant", "acme")];
    const isProtected = { ...tenant, before: { ...tenant.before!, protect: true } };
    const { digest, changes } = summaryOfSteps([isProtected]);
    assert.notEqual(digest, "none");
    assert.deepEqual(changes[0]!.details, [{ what: "protected", before: "yes", after: "no" }]);
    assert.equal(beyond([isProtected]).length, 1);
  });

  it("has a digest that distinguishes two changes, and is the same for the same one", () => {
    const digestOf = (...steps: Step[]): string => summaryOf({ steps }).digest;
    const create = step("create", "application", "acme/eu-1/default", { scopes: ["read"], cell: "eu-1" });
    const again = step("create", "application", "acme/eu-1/default", { cell: "eu-1", scopes: ["read"] });
    const more = step("create", "application", "acme/eu-1/default", {
      cell: "eu-1",
      scopes: ["read", "write"],
    });
    const tenant = step("create", "tenant", "acme");
    assert.equal(digestOf(create, tenant), digestOf(tenant, again));
    assert.notEqual(digestOf(create), digestOf(more));
    assert.notEqual(digestOf(create), digestOf(create, tenant));
    assert.equal(digestOf(step("same", "tenant", "acme", { cells: ["eu-1"] })), "none");
  });

  it("shows a hostile name, or a hostile value, as text", () => {
    const name =
      "a|b\n# x <img src=x onerror=alert(1)> [l](http://e.example) @all `${{ x }}` \u202E *b* ::set-output::";
    const secret = step("update", "secret", "acme/eu-1/x", { description: name, [name]: name });
    const steps = [
      step("replace", "tenant", name),
      { ...secret, before: { ...secret.before!, inputs: { policy: name } } },
    ];
    const hostile: PlanReport = {
      ...report,
      settings: [{ setting: "journal", before: name, after: "b" }],
      allowedHosts: [name],
      declared: [{ subject: name, field: name, after: name }],
    };
    const markdown = summaryAsMarkdown(summaryOf({ steps, report: hostile }), {
      title: "Preview of <b>dev</b>",
      notPreviewed: [name],
    });
    assert.doesNotMatch(markdown, /<(?!\/?code>)|\[l\]|@|`|\$\{|\u202E|\*b\*|::|^# /m);
    for (const row of markdown.split("\n").filter((line) => line.startsWith("| "))) {
      assert.ok([5, 6].includes(row.split("|").length), row);
    }
  });

  it("stays short enough for a comment, with any content", () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${"<".repeat(500)}${index}`);
    const summary = summaryOfSteps(names.map((name) => step("replace", "tenant", name)));
    assert.ok(summaryAsMarkdown(summary, { title: "x", notPreviewed: names }).length < 60_000);
  });
});

describe("what a preview wrote", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "preview-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function read(content: string): Promise<Step[]> {
    const file = path.join(folder, "preview.json");
    await writeFile(file, content);
    return (await readPreview(file)).steps;
  }

  it("is refused if the preview failed, with its reasons and without commands to a terminal or a runner", async () => {
    const message = "error: first\n::add-mask::x\u001B[2J\n##[add-mask]y";
    await assert.rejects(
      read(JSON.stringify({ steps: [], diagnostics: [{ severity: "error", message }] })),
      (error: Error) =>
        /:\n {2}error: first\n {2}: :add-mask: :x\\u001b\[2J\n {2}## \[add-mask\]y$/.test(error.message),
    );
  });

  it("is refused if it is something else", async () => {
    const causedBy =
      (name: string) =>
      ({ message, cause }: Error) => {
        mentions(message, "preview.json", "`pulumi preview --json`");
        return cause instanceof Error && cause.name === name;
      };
    await assert.rejects(read(""), causedBy("SyntaxError"));
    await assert.rejects(read('{"version": 3}'), causedBy("ZodError"));
  });
});

describe("the summary's sentences on consequences", () => {
  const consequences: PlanReport["consequences"] = [
    { kind: "tenantAdopted", subject: "globex", after: "an-id" },
    { kind: "credentialEnds", subject: "acme/eu-1/default", fields: ["scopes"], before: "0oaClient" },
  ];
  const steps = [step("replace", "application", "acme/eu-1/default")];
  const summary = summaryOf({ steps, report: { ...report, consequences } });

  it("come first, those that may break something as a warning", () => {
    assert.deepEqual(
      summary.consequences.map(({ isGrave }) => isGrave),
      [true, false],
    );
    const markdown = summaryAsMarkdown(summary, { title: "Preview" });
    const [warning, adoption, table] = ["[!WARNING]", "globex", "**Resources**"].map((text) =>
      markdown.indexOf(text),
    );
    assert.ok(warning! >= 0 && warning! < adoption! && adoption! < table!, markdown);
  });

  it("are part of what is approved", () => {
    assert.notEqual(summary.digest, summaryOf({ steps, report }).digest);
  });
});
