import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { type ProcessResult, runProcess } from "../../sandbox/process";
import { repositoryRoot } from "./engine";

const record = {
  tenantId: "tenant-1",
  name: "acme",
  customerId: "CRM-1042",
  stage: "production",
  cells: ["eu-1"],
  uiCells: ["eu-1"],
  webUiUrls: {},
  ssoClaims: { readOnly: "tenant-1_RO", readWrite: "tenant-1_RW" },
  status: "active",
  createdBy: "client",
  createdAt: "2026-01-01T00:00:00Z",
  applications: [],
};

/** Answers as `pulumi` does of a stack that holds the record. */
function fakePulumi(customer: object): string {
  const tenant = { urn: "urn::acme", type: "pulumi-nodejs:dynamic/resistant:Tenant", id: record.tenantId };
  return `#!/bin/sh
case "$1 $2" in
"stack output") echo '${JSON.stringify({ customers: { acme: customer } })}' ;;
"stack export") echo '${JSON.stringify({ deployment: { resources: [tenant] } })}' ;;
esac
`;
}

describe("tenants ticket, without a cell", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "tenants-ticket-"));
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: a-project\nruntime: nodejs\n");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function ticket(cells: Partial<Record<"cells" | "uiCells", string[]>>): Promise<ProcessResult> {
    await writeFile(path.join(folder, "pulumi"), fakePulumi({ ...record, ...cells }), { mode: 0o755 });
    return runProcess(process.execPath, [path.join(repositoryRoot, "cli/tenants.js"), "ticket", "acme"], {
      cwd: folder,
      env: { ...process.env, PATH: [folder, process.env["PATH"]].join(path.delimiter) },
    });
  }

  it("takes the customer's only one, be it of the Web UI alone", async () => {
    for (const cells of [{}, { cells: [] }]) {
      const { exitCode, stdout } = await ticket(cells);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^cell: eu-1$/m);
    }
  });

  it("lists the cells if there are several, and reports if there is none", async () => {
    const several = await ticket({ cells: ["eu-1", "us-1"], uiCells: ["ap-2"] });
    assert.deepEqual([several.exitCode, several.stdout], [2, ""]);
    assert.match(several.stderr, /eu-1, us-1, ap-2/);
    const none = await ticket({ cells: [], uiCells: [] });
    assert.deepEqual([none.exitCode, none.stdout], [2, ""]);
    assert.match(none.stderr, /"acme"/);
    assert.doesNotMatch(none.stderr, /\b\w\w-\d\b/);
  });
});
