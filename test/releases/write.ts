import { readFile } from "node:fs/promises";

import { useLocalEnvironment } from "../../sandbox/environment";
import { fourCustomers } from "../engine/customers";
import { closeShared, StackUnderTest } from "../engine/engine";
import { currentVersion, folderOf, type Stage, stages, writeRecording } from "./recording";

/** Every authentication method, two applications in one cell, and in production several cells. */
const customers = {
  testing: fourCustomers,
  production: [
    {
      name: "acme",
      customerId: "CRM-1042",
      owner: "payments-team",
      cells: ["eu-1", "us-1"],
      applications: [{ cell: "eu-1", authMethod: "EC" }],
    },
    { name: "globex", customerId: "CRM-1077", cells: ["ca-1"] },
  ],
};

async function record(version: string, stage: Stage): Promise<void> {
  const stack = await StackUnderTest.create({ stage, customers: customers[stage], encryption: "passphrase" });
  try {
    await stack.up();
    await writeRecording(folderOf(version, stage), {
      config: await readFile(stack.workspace.configFile, "utf8"),
      state: `${JSON.stringify(await stack.workspace.exportState(), undefined, 1)}\n`,
      journal: await stack.journal(),
      vendor: stack.sandbox.control.tenants(),
    });
  } finally {
    await stack.finish();
  }
}

async function main(): Promise<void> {
  useLocalEnvironment();
  // Who recorded it is nobody's business.
  Object.assign(process.env, { GITHUB_ACTIONS: "true", GITHUB_RUN_ID: "7", GITHUB_ACTOR: "octocat" });
  const version = await currentVersion();
  for (const stage of stages) await record(version, stage);
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  })
  .finally(closeShared);
