import { strict as assert } from "node:assert";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import { eventSchema } from "../../provider/src/journal";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { region, StackUnderTest, startShared } from "./engine";

const up = ["up", "--yes", "--skip-preview"];

describe("the journal, on the engine", function () {
  let stack: StackUnderTest;

  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
  });
  afterEach(async () => {
    await stack.finish();
  });

  it("holds an intent before and a result after each create and delete, and no credential", async () => {
    await stack.up();
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
    const text = await readFile(path.join(stack.workspace.directory, "journal.jsonl"), "utf8");
    const events = text
      .trimEnd()
      .split("\n")
      .map((line) => eventSchema.parse(JSON.parse(line)));
    assert.deepEqual(
      events.map(({ event, operation, type, ...rest }) => [
        event,
        operation,
        type,
        "outcome" in rest ? rest.outcome : "",
      ]),
      [
        ["intent", "create", "Tenant", ""],
        ["result", "create", "Tenant", "made"],
        ["intent", "create", "TenantApplication", ""],
        ["result", "create", "TenantApplication", "made"],
        ["intent", "delete", "TenantApplication", ""],
        ["result", "delete", "TenantApplication", "deleted"],
        ["intent", "delete", "Tenant", ""],
        ["result", "delete", "Tenant", "deleted"],
      ],
    );
    for (const secret of stack.sandbox.control.issuedSecrets()) assert.ok(!text.includes(secret));
  });

  it("is reported as missing, also in a preview, if the stack contains tenants and it was left on another machine", async () => {
    assert.doesNotMatch(await stack.up(), /tenants -- reconcile/);
    await rm(path.join(stack.workspace.directory, "journal.jsonl"));
    assert.match(await stack.succeed(["preview"]), /journal\.jsonl .*npm run tenants -- reconcile/);
    await stack.succeed(["destroy", "--yes", "--skip-preview"]);
  });

  it("is reported as outdated if an earlier version was restored, as git checkout does", async () => {
    const file = path.join(stack.workspace.directory, "journal.jsonl");
    await stack.up();
    const earlier = await readFile(file);
    await stack.setCustomers([acme, globex]);
    assert.doesNotMatch(await stack.up(), /lacks what the state contains/);
    await writeFile(file, earlier);
    const printed = await stack.succeed(["preview"]);
    assert.match(printed, /journal\.jsonl lacks what the state contains.*git checkout.*tenants -- reconcile/);
  });

  it("stops an up that it cannot record, before anything is sent", async () => {
    await stack.workspace.configure({
      "tenants:journal": path.join(stack.workspace.directory, "missing", "journal.jsonl"),
    });
    assert.match(await stack.fail(up), /ENOENT/);
    assert.deepEqual(stack.existing(), {});
  });

  it("is refused on a CI runner's own disk, unless that is kept", async () => {
    await stack.workspace.configure({ "tenants:journalDiskIsKept": false });
    for (const command of [["preview"], up]) {
      assert.match(
        await stack.fail(command, { env: { CI: "true" } }),
        /tenants:journal: .*s3:.*tenants:journalDiskIsKept/s,
      );
    }
    assert.deepEqual(stack.existing(), {});
    await stack.workspace.configure({ "tenants:journalDiskIsKept": true });
    await stack.succeed(up, { env: { CI: "true" } });
  });

  it(`can lie below an S3 prefix, from which the next up repairs ${exhaustiveTag}`, async () => {
    const { secretsManager } = await startShared();
    const s3 = new S3Client({
      region,
      endpoint: secretsManager.endpointUrl,
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await s3.send(
      new CreateBucketCommand({
        Bucket: "journals",
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
    await s3.send(
      new PutBucketVersioningCommand({
        Bucket: "journals",
        VersioningConfiguration: { Status: "Enabled" },
      }),
    );
    await stack.workspace.configure({
      "tenants:journal": "s3://journals/tenants",
      "tenants:journalDiskIsKept": false,
    });
    await stack.setCustomers([{ ...acme, applications: [{ cell: "eu-1", authMethod: "EC" }] }]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    const ci = { CI: "true" };
    await stack.killUpWhen(() => stack.sandbox.control.requests().createTenantApplication > 0, ci);
    stack.sandbox.control.clearFaults();
    await stack.succeed(up, { env: ci });
    assert.equal(stack.existing()["acme"]!.length, 1);
    assert.equal(stack.sandbox.control.requests().createTenantApplication, 1);
    await stack.up("--expect-no-changes");
    const { exitCode, stdout } = await stack.tenants("audit", "verify");
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /s3:\/\/journals\/tenants.*Note: /s);

    // Whoever writes all objects anew, with hashes that fit, leaves their earlier versions behind.
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "journals" }));
    for (const { Key } of Contents) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "journals", Key }));
      await s3.send(new PutObjectCommand({ Bucket: "journals", Key, Body: await Body!.transformToString() }));
    }
    await s3.send(new DeleteObjectCommand({ Bucket: "journals", Key: Contents.at(-1)?.Key }));
    s3.destroy();
    const overwritten = await stack.tenants("audit", "verify");
    assert.equal(overwritten.exitCode, 3, overwritten.stderr);
    assert.equal(overwritten.stdout.match(/\[changed\] .*\b2 versions/g)?.length, Contents.length);
    assert.match(overwritten.stdout, /\[missing\]/);
  });
});
