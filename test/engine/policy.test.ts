import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import type { ConfigOverrides } from "../../sandbox/pulumi/config-file";
import { preparePolicyPack } from "../../sandbox/pulumi/policy-pack";
import { acme } from "./customers";
import { repositoryRoot, type StackOptions, StackUnderTest, startShared } from "./engine";

/** Previews a stack with the policy pack, and gives the exit code and what was printed. */
async function preview(
  options: StackOptions,
  config: object = {},
): Promise<{ exitCode: number; printed: string }> {
  const stack = await StackUnderTest.create(options);
  try {
    const { pulumi } = await startShared();
    const { directory } = stack.workspace;
    const { folder, env } = await preparePolicyPack(pulumi, {
      pack: path.join(repositoryRoot, "policy"),
      nodeModules: path.join(repositoryRoot, "node_modules"),
      directory,
    });
    const configFile = path.join(directory, "policy-config.json");
    await writeFile(configFile, JSON.stringify(config));
    const { exitCode, stdout, stderr } = await stack.run(
      ["preview", "--policy-pack", folder, "--policy-pack-config", configFile],
      { env },
    );
    return { exitCode, printed: (stdout + stderr).replace(/\s+/g, " ") };
  } finally {
    await stack.close();
  }
}

/** A stack of one's own that declares a tenant. */
function ownStack(
  stage: "testing" | "production",
  args: ConfigOverrides,
  options: ConfigOverrides,
): StackOptions {
  const tenant = { type: "Tenant", name: "tenant", args: { name: "acme", ...args }, options };
  return {
    stage,
    projectDir: path.join(repositoryRoot, "test/programs/resources"),
    config: { "resources:declare": [tenant] },
  };
}

describe("the policy pack, on the engine", function () {
  it("refuses the preview of a stack in production that breaks its rules, and says what to do", async () => {
    const customers = [{ ...acme, cells: ["eu-1", "us-1"], uiCells: ["eu-1"] }];
    const { exitCode, printed } = await preview(
      { stage: "production", customers },
      { "allowed-cells": { cells: ["eu-1"] } },
    );
    assert.notEqual(exitCode, 0);
    for (const violation of [
      /\[mandatory\] owner-and-customer-id \(aws:secretsmanager:Secret: acme\/eu-1\/default\)/,
      /Secret "acme\/eu-1\/default" has no tag "owner": .*tenants:owner/,
      /Secret "acme\/us-1\/default" is encrypted with AWS's own key: .*tenants:secrets/,
      /Application "acme\/us-1\/default" has a client secret that is never rotated: .*tenants:rotation/,
      /Application "acme\/us-1\/default" is in cell us-1, and only eu-1 are allowed/,
    ]) {
      assert.match(printed, violation);
    }
    assert.doesNotMatch(printed, /is not protected|"acme\/eu-1\/default" is in cell|can't run policy/);
  });

  it("judges a stack of one's own, too", async () => {
    const { exitCode, printed } = await preview(ownStack("production", { allowReplace: true }, {}));
    assert.notEqual(exitCode, 0);
    assert.match(printed, /Tenant "tenant" is not protected/);
    assert.match(printed, /Tenant "tenant" has allowReplace/);
  });

  it("lets a stack pass that holds to its rules, and any in testing", async () => {
    for (const options of [
      ownStack("production", {}, { protect: true }),
      ownStack("testing", { allowReplace: true }, {}),
    ]) {
      const { exitCode, printed } = await preview(options);
      assert.equal(exitCode, 0, printed);
      assert.match(printed, /Policies: ✅ resistant-tenants/);
    }
  });
});
