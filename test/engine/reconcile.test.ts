import { strict as assert } from "node:assert";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";

import { z } from "zod";

import { documentsScopes } from "../../provider/src/client";
import { eventSchema } from "../../provider/src/journal";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { asAnotherStack } from "./another-stack";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";
import { forgetApplication, forgetSecret } from "./interrupted-secret";

const reportSchema = z.object({
  stack: z.string(),
  warnings: z.array(z.string()),
  done: z.array(z.string()),
  findings: z.array(
    z.object({
      kind: z.string(),
      severity: z.enum(["todo", "note"]),
      isFixable: z.boolean(),
      stage: z.string(),
      slot: z.string().optional(),
      cell: z.string().optional(),
      tenantId: z.string().optional(),
      applicationId: z.string().optional(),
      why: z.string(),
      next: z.array(z.string()),
    }),
  ),
});
type Report = z.output<typeof reportSchema>;

describe("tenants reconcile, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  /** Reconciles, and gives the report and the exit code. */
  async function reconcile(...flags: string[]): Promise<Report & { exitCode: number }> {
    const { exitCode, stdout, stderr } = await stack.tenants("reconcile", "--json", ...flags);
    assert.notEqual(stdout, "", `tenants reconcile printed nothing:\n${stderr}`);
    return { ...reportSchema.parse(JSON.parse(stdout)), exitCode };
  }

  const kinds = ({ findings }: Report) => findings.map(({ kind }) => kind);
  const findingOf = (report: Report, kind: string) => {
    const found = report.findings.find((finding) => finding.kind === kind);
    assert.ok(found, `no ${kind} among ${kinds(report).join(", ")}`);
    return found;
  };

  /** Kills an `up` while the API has made something whose answer does not come. */
  async function crashDuring(operation: "createTenant" | "createTenantApplication"): Promise<void> {
    const before = stack.sandbox.control.requests()[operation];
    stack.sandbox.control.addFault({ operation, kind: "hang", carriedOut: true });
    await stack.crashUpWhen(() => stack.sandbox.control.requests()[operation] > before);
    stack.sandbox.control.clearFaults();
  }

  async function journal() {
    const text = await readFile(path.join(stack.workspace.directory, "journal.jsonl"), "utf8");
    return text
      .trimEnd()
      .split("\n")
      .map((line) => eventSchema.parse(JSON.parse(line)));
  }

  /** What the journal holds of deletions; whether a kill left an empty secret, too, is a matter of moments. */
  async function deletions() {
    return (await journal())
      .filter(({ operation, type }) => operation === "delete" && type !== "EmptySecret")
      .map(({ event, type, applicationId }) => [event, type, applicationId]);
  }

  it("finds nothing where all agree, before the first up and after it", async () => {
    assert.deepEqual(await reconcile().then(({ exitCode, findings }) => [exitCode, findings]), [0, []]);
    await stack.up();
    // The organization's key is in the configuration, and nowhere else.
    await stack.configurePrivateKey();
    const env = { TENANTS_PRIVATE_KEY: undefined };
    const { exitCode, stdout } = await stack.tenantsWith(env, "reconcile", "--json");
    assert.deepEqual([exitCode, reportSchema.parse(JSON.parse(stdout)).findings], [0, []]);
  });

  it("names what a SIGKILL left behind, clears it with --fix, and the next up is clean", async () => {
    await crashDuring("createTenantApplication");
    const [lost] = stack.existing()["acme"]!;
    const report = await reconcile();
    assert.equal(report.exitCode, 3);
    const orphan = findingOf(report, "orphanedApplication");
    assert.deepEqual(
      [orphan.applicationId, orphan.slot, orphan.stage, orphan.cell, orphan.tenantId, orphan.isFixable],
      [lost, "acme/eu-1/default", "testing", "eu-1", stack.tenantId("acme"), true],
    );
    assert.match(findingOf(report, "locked").next.join(), /--fix.*pulumi cancel --yes/);
    assert.match(findingOf(report, "pendingOperation").next.join(), /--clear-pending-creates/);
    assert.deepEqual(stack.existing()["acme"], [lost]);

    const fixed = await reconcile("--fix", "--yes");
    assert.equal(fixed.exitCode, 0);
    assert.deepEqual(kinds(fixed), []);
    assert.deepEqual(stack.existing()["acme"], []);
    const { deployment } = await stack.workspace.exportState();
    assert.deepEqual(deployment["pending_operations"] ?? [], []);
    assert.deepEqual(await deletions(), [
      ["intent", "Lock", undefined],
      ["result", "Lock", undefined],
      ["intent", "TenantApplication", lost],
      ["result", "TenantApplication", lost],
      ["intent", "PendingOperation", undefined],
      ["result", "PendingOperation", undefined],
    ]);

    assert.doesNotMatch(await stack.up(), /pending operation|warning/);
    assert.equal(stack.existing()["acme"]!.length, 1);
    await stack.up("--expect-no-changes");
    assert.deepEqual(await reconcile().then(({ exitCode, findings }) => [exitCode, findings]), [0, []]);
  });

  it(`says that a killed create is over once --fix has deleted its application: no update deletes what someone else creates then ${exhaustiveTag}`, async () => {
    await crashDuring("createTenantApplication");
    assert.equal((await reconcile("--fix", "--yes")).exitCode, 0);
    const theirs = await asAnotherStack(stack, (api) =>
      api.createApplication(stack.tenantId("acme"), {
        cell: "eu-1",
        scopes: documentsScopes,
        authentication: { type: "CLIENT_SECRET" },
      }),
    );
    await stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await stack.up();
    const existing = stack.existing()["acme"]!;
    assert.equal(existing.length, 2);
    assert.ok(existing.includes(theirs.applicationId));
  });

  it(`names an unmanaged application if the journal is lost, and leaves it ${exhaustiveTag}`, async () => {
    await crashDuring("createTenantApplication");
    await rm(path.join(stack.workspace.directory, "journal.jsonl"));
    const [lost] = stack.existing()["acme"]!;
    assert.match((await reconcile()).warnings.join(), /journal\.jsonl/);
    const report = await reconcile("--fix", "--yes");
    assert.equal(report.exitCode, 3);
    assert.deepEqual(
      (await deletions()).filter(([, type]) => type !== "PendingOperation"),
      [
        ["intent", "Lock", undefined],
        ["result", "Lock", undefined],
      ],
    );
    const { applicationId, next } = findingOf(report, "unmanagedApplication");
    assert.equal(applicationId, lost);
    assert.match(next.join(), new RegExp(`DELETE /tenants/${stack.tenantId("acme")}/applications/${lost!}`));
    assert.deepEqual(stack.existing()["acme"], [lost]);
  });

  it(`clears a pending create if a destroy has left nothing else in the state ${exhaustiveTag}`, async () => {
    await stack.up();
    await stack.setCustomers([acme, globex]);
    await crashDuring("createTenant");
    await stack.succeed(["cancel", "--yes"]);
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    const { deployment } = await stack.workspace.exportState();
    assert.deepEqual([deployment.resources, (deployment["pending_operations"] as unknown[]).length], [[], 1]);
    await reconcile("--fix", "--yes");
    assert.deepEqual((await deletions()).at(-1), ["result", "PendingOperation", undefined]);
    const { deployment: after } = await stack.workspace.exportState();
    assert.deepEqual(after["pending_operations"] ?? [], []);
  });

  it(`deletes the empty secret of a killed create, whose name the next up needs ${exhaustiveTag}`, async () => {
    await stack.up();
    await forgetSecret(stack);
    const report = await reconcile();
    const { why } = findingOf(report, "pendingOperation");
    assert.ok(why.includes(`${stack.secretPrefix}/testing/acme/`), why);
    assert.equal((await reconcile("--fix", "--yes")).exitCode, 0);
    await stack.up();
    await stack.up("--expect-no-changes");
  });

  it(`deletes an application with a key whose update was killed before it was saved, and that is declared otherwise since ${exhaustiveTag}`, async () => {
    const declared = (scopes: string[]) => [
      { ...acme, applications: [{ cell: "eu-1", authMethod: "EC", scopes }] },
    ];
    await stack.setCustomers(declared(["documents.submissions.read"]));
    await stack.up();
    const unsaved = await forgetApplication(stack);
    await stack.setCustomers(declared(["documents.submissions.write"]));
    assert.match(await stack.fail(["up", "--yes", "--skip-preview"]), /tenants -- reconcile --fix/);
    assert.equal((await reconcile("--fix", "--yes")).exitCode, 0);
    assert.deepEqual(stack.existing()["acme"], []);
    await stack.up();
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.notDeepEqual(stack.existing()["acme"], [unsaved]);
  });

  it("never deletes an orphaned tenant, and gives the adopt line", async () => {
    await crashDuring("createTenant");
    const report = await reconcile("--fix", "--yes");
    const { tenantId, next } = findingOf(report, "orphanedTenant");
    assert.equal(tenantId, stack.tenantId("acme"));
    assert.deepEqual(next, ["pulumi up", `adopt: ${stack.tenantId("acme")}`]);
    assert.equal(report.exitCode, 3);
    await stack.up();
    assert.deepEqual(kinds(await reconcile()), []);
  });

  it(`names what is lost and what is unmanaged ${exhaustiveTag}`, async () => {
    await stack.setCustomers([acme, globex]);
    await stack.up();
    const [lost] = stack.existing()["globex"]!;
    stack.sandbox.control.deleteApplication(lost!);
    await stack.setCustomers([acme]);
    const report = await reconcile();
    assert.deepEqual(
      report.findings.map(({ kind, applicationId }) => [kind, applicationId]),
      [["lostApplication", lost]],
    );
    await rm(path.join(stack.workspace.directory, "journal.jsonl"));
    const state = path.join(stack.workspace.directory, "state-without-globex.json");
    const exported = await stack.workspace.exportState();
    const isGlobex = ({ urn }: { urn: string }) => urn.includes("::globex");
    exported.deployment.resources = exported.deployment.resources.filter((one) => !isGlobex(one));
    await writeFile(state, JSON.stringify(exported));
    const given = await reconcile("--file", state);
    assert.deepEqual(
      given.findings.map(({ kind, severity, tenantId }) => [kind, severity, tenantId]),
      [["unmanagedTenant", "note", stack.tenantId("globex")]],
    );
    assert.equal(given.exitCode, 0);
  });

  it(`works if the state contains partly created objects ${exhaustiveTag}`, async () => {
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "garbage-body" });
    await stack.fail(["up", "--yes", "--skip-preview"]);
    const { applicationId, next } = findingOf(await reconcile(), "partlyMade");
    assert.equal(applicationId, stack.existing()["acme"]![0]);
    await stack.succeed(["up", "--yes", "--skip-preview", ...next[0]!.split(" ").slice(2).map(unquoted)]);
    assert.deepEqual(kinds(await reconcile()), []);
  });

  it("asks before it changes anything, and changes nothing while an update may run, here or elsewhere", async () => {
    await crashDuring("createTenantApplication");
    const unanswered = await stack.tenants("reconcile", "--fix");
    assert.equal(unanswered.exitCode, 2);
    assert.match(unanswered.stderr, /--yes/);
    mentions(unanswered.stdout, stack.existing()["acme"]![0]!);
    const [lock] = await lockFiles(stack);
    const content = z.looseObject({}).parse(JSON.parse(await readFile(lock!, "utf8")));
    for (const [owner, said] of [
      [{ pid: process.pid, hostname: hostname() }, new RegExp(`\\b${process.pid}\\b`)],
      [{ pid: 1, hostname: "another-machine" }, /pulumi cancel --yes/],
    ] as const) {
      await writeFile(lock!, JSON.stringify({ ...content, ...owner }));
      const { exitCode, stderr } = await stack.tenants("reconcile", "--fix", "--yes");
      assert.equal(exitCode, 1);
      assert.match(stderr, said);
    }
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.equal((await lockFiles(stack)).length, 1);
  });

  it("distinguishes wrong use and failure by their exit codes", async () => {
    assert.equal((await stack.tenants("reconcile", "--nothing")).exitCode, 2);
    assert.equal((await stack.tenants("reconcile", "--fix", "--file", "state.json")).exitCode, 2);
    assert.equal((await stack.tenants("reconcile", "--help")).exitCode, 0);
    const { exitCode, stderr } = await stack.tenants("reconcile", "--stack", "missing");
    assert.equal(exitCode, 1);
    assert.match(stderr, /no stack named 'missing'/);
  });
});

function unquoted(word: string): string {
  return word.replace(/^'(.*)'$/, "$1");
}

function lockFolder(stack: StackUnderTest): string {
  return path.join(stack.workspace.directory, "state/.pulumi/locks/organization/resistant-tenants/dev");
}

async function lockFiles(stack: StackUnderTest): Promise<string[]> {
  const files = await readdir(lockFolder(stack));
  return files.filter((file) => file.endsWith(".json")).map((file) => path.join(lockFolder(stack), file));
}
