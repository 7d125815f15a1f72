import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

import { eventSchema } from "../../provider/src/journal";
import { exhaustiveTag } from "../suites";
import { PulumiCloud } from "../support/pulumi-cloud";
import { acme, globex } from "./customers";
import { region, repositoryRoot, StackUnderTest, startShared } from "./engine";

const up = ["up", "--yes", "--skip-preview"];
const destroy = ["destroy", "--yes", "--skip-preview"];
const rsa = { ...acme, applications: [{ cell: "eu-1", authMethod: "RSA" }] };
const andEc = {
  ...acme,
  applications: [...rsa.applications, { cell: "eu-1", purpose: "ingest", authMethod: "EC" }],
};

const shownSchema = z.object({
  operations: z.array(
    z.object({ stack: z.string(), operation: z.string(), slot: z.string(), outcome: z.string() }),
  ),
});

/** A project of its own with this repository's program: its journal lies beside its `Pulumi.yaml`. */
async function createProject(name: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "project-"));
  await Promise.all([
    writeFile(
      path.join(folder, "Pulumi.yaml"),
      `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
    ),
    writeFile(path.join(folder, "package.json"), '{ "private": true }'),
    writeFile(
      path.join(folder, "index.js"),
      `module.exports = require(${JSON.stringify(path.join(repositoryRoot, "stacks/main.js"))});`,
    ),
    symlink(path.join(repositoryRoot, "node_modules"), path.join(folder, "node_modules")),
  ]);
  return folder;
}

async function createBucket(): Promise<string> {
  const { secretsManager } = await startShared();
  const s3 = new S3Client({
    region,
    endpoint: secretsManager.endpointUrl,
    forcePathStyle: true,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const Bucket = randomUUID();
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  s3.destroy();
  return Bucket;
}

describe("a stack that is renamed or moved, on the engine", function () {
  this.timeout(600_000);
  const folders: string[] = [];
  const stacks: StackUnderTest[] = [];

  async function project(name: string): Promise<string> {
    const folder = await createProject(name);
    folders.push(folder);
    return folder;
  }
  async function start(options: Parameters<typeof StackUnderTest.create>[0]): Promise<StackUnderTest> {
    const stack = await StackUnderTest.create({ encryption: "passphrase", ...options });
    stacks.push(stack);
    return stack;
  }
  afterEach(async () => {
    for (const stack of stacks.splice(0)) await stack.close();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  /** Runs `tenants audit` on a stack, and gives what it shows; its record must be whole. */
  async function audited(stack: StackUnderTest, name?: string): Promise<string[]> {
    const env = name === undefined ? {} : { PULUMI_OPTION_STACK: name };
    const verified = await stack.tenantsWith(env, "audit", "verify");
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);
    const shown = await stack.tenantsWith(env, "audit", "show", "--json");
    assert.equal(shown.exitCode, 0, shown.stderr);
    return shownSchema
      .parse(JSON.parse(shown.stdout))
      .operations.map(
        ({ stack, operation, slot, outcome }) =>
          `${stack.split("/").at(-1)!}: ${operation} ${slot} ${outcome}`,
      );
  }

  it(`creates nothing twice if it was renamed while still empty ${exhaustiveTag}`, async () => {
    const projectDir = await project("beginners");
    const stack = await start({ projectDir, customers: [acme] });
    await stack.workspace.configure({ "tenants:journal": null });
    stack.sandbox.control.addFault({ operation: "createTenant", kind: "hang", carriedOut: true });
    await stack.killUpWhen(() => Object.keys(stack.existing()).length === 1);
    stack.sandbox.control.clearFaults();
    await stack.succeed(["stack", "rename", "second"]);
    const second = { env: { PULUMI_OPTION_STACK: "second" } };
    const refused = await stack.fail(up, second);
    assert.match(refused, /- Tenant acme[^]*pulumi stack rename dev/);
    await stack.succeed(["stack", "rename", "dev"], second);
    await stack.up();
    assert.equal(stack.sandbox.control.requests().createTenant, 1);
    await stack.succeed(["stack", "rename", "second"]);
    await stack.succeed([...up, "--expect-no-changes"], second);
  });

  it("finds again what was lost under the former name, and records deletes under the present one", async () => {
    const projectDir = await project("partners");
    const stack = await start({ projectDir, customers: [rsa, globex] });
    await stack.workspace.configure({ "tenants:journal": null });
    await stack.up();
    await stack.setCustomers([andEc, globex]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await stack.killUpWhen(() => stack.existing()["acme"]!.length === 2);
    stack.sandbox.control.clearFaults();

    await stack.succeed(["stack", "rename", "second"]);
    const second = { env: { PULUMI_OPTION_STACK: "second" } };
    await stack.setCustomers([andEc]);
    assert.doesNotMatch(await stack.succeed(["preview"], second), /tenants -- reconcile/);
    const reconciled = await stack.tenantsWith(second.env, "reconcile", "--json");
    assert.equal(reconciled.exitCode, 3, reconciled.stderr);
    // What was created under the former name is the stack's own, and not another's.
    assert.doesNotMatch(reconciled.stdout, /"unmanaged/);
    stack.sandbox.control.resetRequests();
    await stack.succeed(up, second);
    assert.equal(stack.sandbox.control.requests().createTenantApplication, 0);
    assert.equal(stack.existing()["acme"]!.length, 2);
    await stack.succeed([...up, "--expect-no-changes"], second);
    const afterRename = [
      "dev: create acme made",
      "dev: create globex made",
      "dev: create acme/eu-1/default made",
      "dev: create globex/eu-1/default made",
      "dev: create acme/eu-1/ingest open",
      "second: create acme/eu-1/ingest recovered",
      "second: delete globex/eu-1/default deleted",
      "second: delete globex deleted",
    ];
    assert.deepEqual((await audited(stack, "second")).sort(), afterRename.toSorted());

    // No program runs that could say what the stack is called now.
    await stack.succeed(["stack", "rename", "third"], second);
    const third = { env: { PULUMI_OPTION_STACK: "third" } };
    await stack.succeed(destroy, third);
    assert.deepEqual(stack.existing(), {});
    assert.deepEqual(
      (await audited(stack, "third")).sort(),
      [
        ...afterRename,
        "third: delete acme/eu-1/default deleted",
        "third: delete acme/eu-1/ingest deleted",
        "third: delete acme deleted",
      ].toSorted(),
    );
    const journals = (await readdir(projectDir)).filter((file) => file.endsWith(".jsonl")).sort();
    assert.deepEqual(
      journals,
      ["dev", "second", "third"].map((name) => `Pulumi.${name}.journal.jsonl`),
    );

    // What was cut off from the record under a former name shows.
    const former = path.join(projectDir, "Pulumi.dev.journal.jsonl");
    const lines = (await readFile(former, "utf8")).trimEnd().split("\n");
    await writeFile(former, `${lines.slice(0, -1).join("\n")}\n`);
    const cut = await stack.tenantsWith(third.env, "audit", "verify", "--json");
    assert.equal(cut.exitCode, 3);
    const { defects } = JSON.parse(cut.stdout) as { defects: Array<{ kind: string }> };
    assert.ok(
      defects.some(({ kind }) => kind === "notFound"),
      cut.stdout,
    );
  });

  it(`keeps its record, and repairs what was lost, when its organization in Pulumi Cloud becomes another ${exhaustiveTag}`, async () => {
    const cloud = await PulumiCloud.start(["first-org", "second-org"]);
    try {
      const stack = await start({
        projectDir: await project("partners"),
        customers: [rsa],
        env: { PULUMI_BACKEND_URL: cloud.url, PULUMI_ACCESS_TOKEN: "test" },
      });
      await stack.workspace.configure({ "tenants:journal": `s3://${await createBucket()}/tenants` });
      await stack.up();
      await stack.setCustomers([andEc]);
      stack.sandbox.control.addFault({
        operation: "createTenantApplication",
        kind: "hang",
        carriedOut: true,
      });
      await stack.killUpWhen(() => stack.existing()["acme"]!.length === 2);
      stack.sandbox.control.clearFaults();
      cloud.transfer("first-org/partners/dev", "second-org");
      assert.deepEqual(cloud.stacks, ["second-org/partners/dev"]);

      const moved = { env: { PULUMI_OPTION_STACK: "second-org/partners/dev" } };
      stack.sandbox.control.resetRequests();
      await stack.succeed(up, moved);
      assert.equal(stack.sandbox.control.requests().createTenantApplication, 0);
      assert.equal(stack.existing()["acme"]!.length, 2);
      await stack.succeed([...up, "--expect-no-changes"], moved);
      assert.deepEqual((await audited(stack, "second-org/partners/dev")).sort(), [
        "dev: create acme made",
        "dev: create acme/eu-1/default made",
        "dev: create acme/eu-1/ingest open",
        "dev: create acme/eu-1/ingest recovered",
      ]);
    } finally {
      await cloud.close();
    }
  });

  it(`keeps its record in S3 when it moves to another backend, project and name ${exhaustiveTag}`, async () => {
    const journal = { "tenants:journal": `s3://${await createBucket()}/tenants` };
    const first = await start({ projectDir: await project("partners"), customers: [acme, globex] });
    await first.workspace.configure(journal);
    await first.up();
    const exported = await first.succeed(["stack", "export"]);

    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = first.sandbox;
    const next = await start({
      projectDir: await project("customers"),
      stage: "testing",
      customers: [acme],
      config: {
        "tenants:apiUrl": apiUrl,
        "tenants:tokenUrl": tokenUrl,
        "tenants:clientId": clientId,
        "tenants:keyId": keyId,
        "tenants:secretPrefix": first.secretPrefix,
      },
      env: { TENANTS_PRIVATE_KEY: privateKeyPem },
    });
    await next.workspace.configure(journal);
    const file = path.join(next.workspace.directory, "exported.json");
    await writeFile(
      file,
      exported
        .replaceAll("urn:pulumi:dev::partners::", "urn:pulumi:dev::customers::")
        .replaceAll("::partners-dev", "::customers-dev"),
    );
    await next.succeed(["stack", "import", "--file", file]);
    assert.deepEqual((await audited(next)).length, 4);
    await next.up();
    assert.deepEqual(Object.keys(first.existing()), ["acme"]);
    const shown = await next.tenants("audit", "show", "--json");
    const stackNames = shownSchema
      .parse(JSON.parse(shown.stdout))
      .operations.map(({ stack, operation }) => `${stack} ${operation}`);
    assert.deepEqual(stackNames, [
      ...Array<string>(4).fill("organization/partners/dev create"),
      ...Array<string>(2).fill("organization/customers/dev delete"),
    ]);
    await audited(next);
    await next.succeed([...up, "--expect-no-changes"]);
  });

  it(`records under its own name what came from another stack (state move), which that one never deletes ${exhaustiveTag}`, async () => {
    const projectDir = await project("partners");
    const stack = await start({ projectDir, customers: [acme, globex] });
    await stack.workspace.configure({ "tenants:journal": null });
    await stack.up();
    const held = stack.existing();
    const other = { env: { PULUMI_OPTION_STACK: "other" } };
    await stack.succeed(["stack", "init", "other", "--no-select"], {
      env: { PULUMI_OPTION_STACK: undefined },
    });
    const customer = await stack.urn("index:Customer", "globex");
    await stack.succeed(["state", "move", "--source", "dev", "--dest", "other", "--yes", customer], {
      env: { PULUMI_OPTION_STACK: undefined },
    });
    await stack.setCustomers([acme]);

    const unaccounted = await stack.tenants("audit", "verify", "--json");
    assert.equal(unaccounted.exitCode, 3);
    const { defects } = z
      .object({ defects: z.array(z.object({ kind: z.string(), problem: z.string() })) })
      .parse(JSON.parse(unaccounted.stdout));
    assert.deepEqual(
      defects.map(({ kind, problem }) => [kind, problem.includes("npm run tenants -- reconcile --fix")]),
      Array.from({ length: 2 }, () => ["open", true]),
    );
    const looked = await stack.tenants("reconcile", "--json");
    assert.equal(looked.exitCode, 0, looked.stdout + looked.stderr);
    const { findings } = z
      .object({ findings: z.array(z.object({ kind: z.string(), why: z.string() })) })
      .parse(JSON.parse(looked.stdout));
    assert.deepEqual(
      findings.map(({ kind, why }) => [kind, why.includes("organization/partners/other")]),
      Array.from({ length: 2 }, () => ["moved", true]),
    );
    const fixed = await stack.tenants("reconcile", "--fix", "--yes");
    assert.equal(fixed.exitCode, 0, fixed.stdout + fixed.stderr);
    assert.deepEqual(stack.existing(), held);
    const ofDev = await audited(stack);
    assert.deepEqual(ofDev.slice(-2).sort(), [
      "dev: release globex released",
      "dev: release globex/eu-1/default released",
    ]);

    await stack.setCustomers([globex]);
    await stack.succeed([...up, "--expect-no-changes"], other);
    await stack.setCustomers([]);
    await stack.succeed(up, other);
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    const file = path.join(projectDir, "Pulumi.other.journal.jsonl");
    const added = (await readFile(file, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => eventSchema.parse(JSON.parse(line)));
    assert.deepEqual(
      [...new Set(added.map(({ stack: name, operation }) => `${name} ${operation}`))],
      ["organization/partners/other delete"],
    );
    assert.deepEqual(
      added[0]!.formerly?.map(({ stack: name }) => name),
      ["organization/partners/dev"],
    );
    await audited(stack, "other");
    await stack.setCustomers([acme]);
    await stack.up("--expect-no-changes");
    assert.deepEqual(await audited(stack), ofDev);
  });
});
