import { strict as assert } from "node:assert";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { preparePolicyPack } from "../../../sandbox/pulumi/policy-pack";
import { fourCustomers, globex } from "../customers";
import { repositoryRoot, startShared } from "../engine";
import { assertClean, Canary, summaryOf } from "./canary";

const unseen = ["--yes", "--skip-preview"];

describe("no credential in what the command line prints, writes or hands to pulumi", function () {
  this.timeout(600_000);
  let canary: Canary;
  let argumentsFile: string;
  let env: Record<string, string>;

  before(async () => {
    canary = await Canary.create({
      customers: fourCustomers as never,
      config: { "tenants:secrets": { recoveryWindowInDays: 7 } },
      env: { TENANTS_PRIVATE_KEY: "" },
    });
    const { stack } = canary;
    // Each command then decrypts the key, and needs it.
    await stack.configurePrivateKey();
    assertClean("up", await canary.run(["up", ...unseen]));
    const bin = canary.file("bin");
    argumentsFile = canary.file("arguments");
    const ordinary = stack.workspace.env["PATH"] ?? "";
    await mkdir(bin);
    await writeFile(
      path.join(bin, "pulumi"),
      `#!/bin/sh\nprintf '%s\\n' "$*" >> '${argumentsFile}'\nPATH='${ordinary}' exec pulumi "$@"\n`,
    );
    await chmod(path.join(bin, "pulumi"), 0o755);
    env = { PATH: [bin, ordinary].join(path.delimiter) };
  });
  after(async () => {
    await canary.close();
  });

  it("if it only reads", async () => {
    for (const args of [
      ["list", "--json"],
      ["list"],
      ["show", "globex"],
      ["show", "globex", "--json"],
      ["ticket", "globex", "eu-1"],
      ["credentials", "--json"],
      ["audit", "show", "--json"],
      ["audit", "verify", "--json"],
      ["reconcile", "--json"],
    ]) {
      assertClean(args.join(" "), await canary.tenants(args, env));
    }
  });

  it("if it judges what the engine wrote, and configuration files", async () => {
    const { configFile } = canary.stack.workspace;
    const preview = await canary.run(["preview", "--json", "--show-sames", "--debug"]);
    assertClean("preview", preview);
    const file = canary.file("preview.json");
    await writeFile(file, preview.stdout);
    for (const args of [
      ["summary", file],
      ["summary", file, "--json"],
      ["summary", file, "--markdown"],
      ["summary", file, "--only-rotations"],
      ["check", configFile],
      ["check", configFile, "--json"],
      ["merge-config", configFile, configFile, "--out", canary.file("merged.yaml"), "--json"],
    ]) {
      assertClean(args.join(" "), await canary.tenants(args, env));
    }
  });

  it("if a policy pack judges, which is given all of the configuration", async () => {
    const { pulumi } = await startShared();
    // Its packages are no part of what is searched.
    const directory = await mkdtemp(path.join(os.tmpdir(), "policy-"));
    try {
      const { folder, env: packEnv } = await preparePolicyPack(pulumi, {
        pack: path.join(repositoryRoot, "policy"),
        nodeModules: path.join(repositoryRoot, "node_modules"),
        directory,
      });
      const args = ["preview", "--json", "--debug", "-v=8", "--logtostderr", "--policy-pack", folder];
      const judged = await canary.run(args, packEnv);
      assertClean("preview", judged);
      assert.match(judged.stdout + judged.stderr, /pulumi-analyzer-policy|[Ll]oading policy packs/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("if it repairs what a killed update left", async () => {
    const { stack } = canary;
    await stack.setCustomers([
      ...fourCustomers,
      { ...globex, name: "hooli", customerId: "CRM-1200" },
    ] as never);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await stack.killUpWhen(() => stack.existing()["hooli"]?.length === 1);
    stack.sandbox.control.clearFaults();
    const { leaks } = await canary.tenants(["reconcile", "--fix", "--yes", "--reason", "INC-7"], env);
    assert.deepEqual(summaryOf(leaks), []);
    assert.deepEqual(stack.existing()["hooli"], []);
    assertClean("up", await canary.run(["up", ...unseen]));
  });

  it("if it restores a customer's secrets", async () => {
    const { stack } = canary;
    await stack.setCustomers(fourCustomers.slice(1));
    assertClean("up", await canary.run(["up", ...unseen]));
    await stack.setCustomers(fourCustomers);
    const restored = await canary.tenants(["restore", "acme", "--yes", "--json"], env);
    assertClean("restore", restored);
    assert.match(restored.stdout, /"imported": \[\s*\{/);
    assertClean("up", await canary.run(["up", ...unseen, "--json", "--debug"]));
  });

  it("has run pulumi, by arguments that were searched, too", async () => {
    const lines = (await readFile(argumentsFile, "utf8")).split("\n");
    for (const command of [
      "stack export",
      "config get tenants:privateKey",
      "import --file",
      "refresh --clear",
    ]) {
      assert.ok(
        lines.some((line) => line.startsWith(command)),
        `pulumi ${command} was not run`,
      );
    }
    assert.ok(!lines.some((line) => line.includes("--show-secrets")));
  });
});
