import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { version } from "@pulumi/pulumi/version";

import { Aws } from "../../provider/src/aws/aws";
import { eventSchema } from "../../provider/src/journal";
import type { CustomerRecord } from "../../provider/src/names/stack-outputs";
import { provenance } from "../../provider/src/organization/provenance";
import { readAwsAccess } from "../../provider/src/settings/reach";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

describe("createdBy and createdAt, on the engine", function () {
  let stack: StackUnderTest;
  let first: CustomerRecord;
  let otherCli: string;

  before(async () => {
    stack = await StackUnderTest.create({ customers: [acme] });
    otherCli = await mkdtemp(path.join(os.tmpdir(), "other-cli-"));
    await writeFile(path.join(otherCli, "pulumi"), "#!/bin/sh\necho v3.1.2\n", { mode: 0o755 });
    await upAs("alice", ["up"]);
    first = await recordOf("acme");
  });
  after(async () => {
    await stack.finish();
    await rm(otherCli, { recursive: true });
  });

  const upAs = (actor: string, command: string[]): Promise<string> =>
    stack.succeed([...command, "--yes", "--skip-preview"], {
      env: {
        GITHUB_ACTIONS: "true",
        GITHUB_RUN_ID: "7",
        GITHUB_ACTOR: actor,
        PATH: [otherCli, process.env["PATH"]].join(path.delimiter),
      },
    });

  async function recordOf(customer: string): Promise<CustomerRecord> {
    const { customers } = (await stack.workspace.outputs()) as { customers: Record<string, CustomerRecord> };
    return customers[customer]!;
  }

  it("contain who created a customer, and when", () => {
    assert.equal(first.createdBy, "github:alice");
    assert.equal(
      first.createdAt,
      stack.sandbox.control.tenants().find(({ name }) => name === "acme")?.created,
    );
  });

  it("survive a refresh and an up by someone else, who is named only for new objects", async () => {
    await upAs("bob", ["refresh"]);
    await stack.setCustomers([{ ...acme, owner: "another-team" }, globex]);
    await upAs("bob", ["up"]);
    assert.deepEqual(await recordOf("acme"), { ...first, owner: "another-team" });
    assert.equal((await recordOf("globex")).createdBy, "github:bob");
  });

  it("survive the replacement of an application, which has its own time", async () => {
    const urn = await stack.urn("resistant:TenantApplication", "acme/eu-1/default");
    await upAs("carol", ["up", "--replace", urn, "--logflow", "-v=1"]);
    const { createdBy, createdAt, applications } = await recordOf("acme");
    assert.deepEqual([createdBy, createdAt], [first.createdBy, first.createdAt]);
    assert.notEqual(applications[0]!.applicationId, first.applications[0]!.applicationId);
    assert.notEqual(applications[0]!.createdAt, first.applications[0]!.createdAt);
  });

  it("are on record with the version of the engine that did it, not of the CLI that is first on the PATH", async () => {
    const lines = (await stack.journal()).trimEnd().split("\n");
    const engines = lines.map((line) => eventSchema.parse(JSON.parse(line)).versions?.engine);
    assert.deepEqual([...new Set(engines)], [version]);
  });

  it("have no version if the engine does not name it: the CLI may be another one", async () => {
    const environment = { PATH: otherCli };
    const aws = new Aws(readAwsAccess(environment));
    const { versions } = await provenance(aws, environment, () => Promise.reject(new Error("no answer")));
    assert.ok(versions);
    assert.equal(versions.engine, undefined);
  });
});
