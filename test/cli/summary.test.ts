import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { summaryAsMarkdown } from "../../cli/preview/markdown";
import { readPreview, type Step } from "../../cli/preview/step";
import { beyondRotation, type Summary, summaryOf } from "../../cli/preview/summary";

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
  return {
    operation,
    urn: `urn:pulumi:dev::project::${types.customer}$${type}::${name}`,
    type,
    name,
    inputs,
  };
}

const told = ({ changes }: Summary): string[] =>
  changes.map(({ kind, subject, name }) => `${kind} ${subject} ${name}`);

const rotation = [
  step("same", "customer", "acme"),
  step("same", "tenant", "acme"),
  step("same", "application", "acme/eu-1/default"),
  step("create", "application", "acme/eu-1/default/2"),
  step("create", "key", "acme/eu-1/default/2"),
  step("same", "key", "acme/eu-1/default"),
  step("replace", "value", "acme/eu-1/default"),
];

describe("the summary of a preview", () => {
  it("tells customers that are added, adopted, removed and changed apart", () => {
    const { customers, replacedTenants } = summaryOf([
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
      changed: ["five", "four"],
    });
    assert.deepEqual(replacedTenants, ["five"]);
  });

  it("takes a further generation for a rotation, and the end of an older one for a retirement", () => {
    assert.deepEqual(told(summaryOf(rotation)), [
      "rotated application acme/eu-1/default/2",
      "rotated signing key acme/eu-1/default/2",
      "replaced secret value acme/eu-1/default",
    ]);
    const retirement = [
      step("delete", "application", "acme/eu-1/default"),
      step("same", "application", "acme/eu-1/default/2"),
    ];
    assert.deepEqual(told(summaryOf(retirement)), ["retired application acme/eu-1/default"]);
  });

  it("takes the key of another method, and a generation's own record, for a part of them", () => {
    const steps = [
      step("same", "application", "acme/eu-1/default/2"),
      step("create", "application", "acme/eu-1/default/3"),
      step("create", "generation", "acme/eu-1/default/3"),
      step("create", "key", "acme/eu-1/default/3"),
      step("delete", "application", "acme/eu-1/default"),
      step("delete", "key", "acme/eu-1/default"),
    ];
    assert.deepEqual(beyondRotation(summaryOf(steps)), []);
    const removal = [
      step("delete", "application", "acme/eu-1/default/2"),
      step("delete", "generation", "acme/eu-1/default/2"),
    ];
    assert.equal(beyondRotation(summaryOf(removal)).length, 2);
  });

  it("takes nothing else for one", () => {
    const steps = [
      step("create", "application", "acme/eu-1/reporting"),
      step("delete", "application", "acme/eu-1/default"),
      step("delete", "application", "acme/eu-1/default/2"),
      step("create", "application", "new/eu-1/default/2"),
    ];
    assert.deepEqual(told(summaryOf(steps)), [
      "removed application acme/eu-1/default",
      "removed application acme/eu-1/default/2",
      "added application acme/eu-1/reporting",
      "added application new/eu-1/default/2",
    ]);
  });

  it("lets an unattended run rotate, and do nothing beside it", () => {
    assert.deepEqual(beyondRotation(summaryOf(rotation)), []);
    for (const other of [
      step("replace", "tenant", "acme"),
      step("create", "tenant", "late"),
      step("delete", "application", "acme/eu-1/reporting"),
      step("update", "secret", "acme/eu-1/reporting"),
      step("create", "secret", "acme/eu-1/reporting"),
      step("import", "application", "acme/eu-1/reporting"),
      step("a-word-of-tomorrow", "application", "acme/eu-1/reporting"),
    ]) {
      const names = beyondRotation(summaryOf([...rotation, other])).map(({ name }) => name);
      assert.deepEqual(names, [other.name], other.operation);
    }
  });

  it("has a digest that tells two changes apart, and is the same for the same one", () => {
    const digestOf = (...steps: Step[]): string => summaryOf(steps).digest;
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

  it("shows a hostile name as text, and no value of anything", () => {
    const name =
      "a|b\n# x <img src=x onerror=alert(1)> [l](http://e.example) @all `${{ x }}` \u202E *b* ::set-output::";
    const markdown = summaryAsMarkdown(
      summaryOf([
        step("replace", "tenant", name, { secret: "value-of-an-input" }),
        step("update", "secret", "acme/eu-1/x"),
      ]),
      { title: "Preview of <b>dev</b>", notPreviewed: [name] },
    );
    assert.doesNotMatch(markdown, /value-of-an-input/);
    assert.doesNotMatch(markdown, /<(?!\/?code>)|\[l\]|@|`|\$\{|\u202E|\*b\*|::|^# /m);
    for (const row of markdown.split("\n").filter((line) => line.startsWith("| "))) {
      assert.equal(row.split("|").length, 5, row);
    }
  });

  it("stays short enough for a comment, whatever is in it", () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${"<".repeat(500)}${index}`);
    const summary = summaryOf(names.map((name) => step("replace", "tenant", name)));
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

  it("is refused where the preview failed, with its reasons and without what could command a terminal or a runner", async () => {
    const message = "error: first\n::add-mask::x\u001B[2J\n##[add-mask]y";
    await assert.rejects(
      read(JSON.stringify({ steps: [], diagnostics: [{ severity: "error", message }] })),
      (error: Error) =>
        /failed:\n {2}error: first\n {2}: :add-mask: :x\\u001b\[2J\n {2}## \[add-mask\]y$/.test(
          error.message,
        ),
    );
  });

  it("is refused where it is something else", async () => {
    await assert.rejects(read(""), /is no JSON/);
    await assert.rejects(read('{"version": 3}'), /not what `pulumi preview --json` writes/);
  });
});
