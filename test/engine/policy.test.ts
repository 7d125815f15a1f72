import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { stringify } from "yaml";

import type { ConfigOverrides } from "../../sandbox/pulumi/config-file";
import { preparePolicyPack } from "../../sandbox/pulumi/policy-pack";
import { exhaustiveTag } from "../suites";
import { copyProject } from "../support/project-copy";
import { acme, globex } from "./customers";
import { repositoryRoot, type StackOptions, StackUnderTest, startShared } from "./engine";

const hooli = { name: "hooli", customerId: "CRM-2001", cells: ["eu-1"] };

/** Previews a stack with the policy pack, or runs another command, and gives the exit code and what was printed. */
type Preview = (
  policyConfig?: object,
  command?: { args: readonly string[]; env?: Record<string, string> },
) => Promise<{ exitCode: number; printed: string }>;

/** Makes a stack in production, lets a test preview it, and removes it. */
async function withStack(
  options: StackOptions,
  test: (preview: Preview, stack: StackUnderTest, pack: string) => Promise<void>,
): Promise<void> {
  const stack = await StackUnderTest.create({ stage: "production", encryption: "passphrase", ...options });
  try {
    const { pulumi } = await startShared();
    const { directory } = stack.workspace;
    const { folder, env } = await preparePolicyPack(pulumi, {
      pack: path.join(repositoryRoot, "policy"),
      nodeModules: path.join(repositoryRoot, "node_modules"),
      directory,
    });
    const configFile = path.join(directory, "policy-config.json");
    await test(
      async (policyConfig = {}, command = { args: ["preview"] }) => {
        await writeFile(configFile, JSON.stringify(policyConfig));
        // As the workflows give it; the flags of the same name do the same.
        const options = {
          PULUMI_OPTION_POLICY_PACK: folder,
          PULUMI_OPTION_POLICY_PACK_CONFIG: configFile,
        };
        const { exitCode, stdout, stderr } = await stack.run(command.args, {
          env: { ...env, ...options, ...command.env },
        });
        return { exitCode, printed: (stdout + stderr).replace(/\s+/g, " ") };
      },
      stack,
      folder,
    );
  } finally {
    await stack.close();
  }
}

describe("the policy pack, on the engine", function () {
  it("refuses the preview of a stack in production that breaks its rules, and says what to do", async () => {
    const customers = [{ ...acme, cells: ["eu-1", "us-1"], uiCells: ["eu-1"] }];
    const config: ConfigOverrides = {
      "tenants:replaceLostApplications": true,
      "tenants:secrets": {
        readerRoleArns: ["arn:aws:iam::999999999999:role/stranger"],
        recoveryWindowInDays: 0,
      },
    };
    await withStack({ customers, config }, async (preview) => {
      const { exitCode, printed } = await preview({ "allowed-cells": { cells: ["eu-1"] } });
      assert.notEqual(exitCode, 0);
      for (const violation of [
        /\[mandatory\] owner-and-customer-id \(aws:secretsmanager:Secret: acme\/eu-1\/default\)/,
        /Secret "acme\/eu-1\/default" [^"]*"owner"[^"]*tenants:owner/,
        /Secret "acme\/us-1\/default" [^"]*`kmsKeyId`[^"]*tenants:secrets/,
        /Application "acme\/us-1\/default" [^"]*tenants:rotation/,
        /\[mandatory\] allowed-cells \([^)]*: acme\/us-1\/default\)/,
        /Application "acme\/us-1\/default" [^"]*\bus-1\b[^"]*\beu-1\b/,
        /Secret "acme\/us-1\/default" [^"]*999999999999/,
        /Secret "acme\/us-1\/default" [^"]*\b0 days/,
        /\[mandatory\] journal \(pulumi:pulumi:Stack: resistant-tenants-prod\)/,
        /\[mandatory\] audit-log-group/,
        /\[mandatory\] no-replace-lost-applications/,
        /\[mandatory\] secrets-provider .*passphrase/,
      ]) {
        assert.match(printed, violation);
      }
      assert.doesNotMatch(
        printed,
        /\] protected-tenants|\] allowed-cells \([^)]*: acme\/eu-1\/default\)|can't run policy/,
      );
    });
  });

  it(`is missed by an up in production on a laptop, and only there ${exhaustiveTag}`, async () => {
    const flags = ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "TF_BUILD"];
    const laptop = Object.fromEntries(flags.map((flag) => [flag, ""]));
    const isMissed = ({ exitCode, printed }: { exitCode: number; printed: string }): boolean => {
      assert.equal(exitCode, 0, printed);
      return printed.includes("--policy-pack policy --policy-pack-config policy/production.json");
    };
    const up = ["up", "--yes", "--skip-preview"];
    await withStack({ customers: [], env: laptop }, async (run, _stack, pack) => {
      const bare = { PULUMI_OPTION_POLICY_PACK: "", PULUMI_OPTION_POLICY_PACK_CONFIG: "" };
      assert.ok(isMissed(await run({}, { args: ["up", "--yes"], env: bare })));
      assert.ok(!isMissed(await run({}, { args: ["preview"], env: bare })));
      assert.ok(!isMissed(await run({}, { args: up, env: { ...bare, TF_BUILD: "True" } })));
      const lenient = {
        journal: "disabled",
        "audit-log-group": "disabled",
        "secrets-provider": "disabled",
      };
      const judged = await run(lenient, { args: up });
      assert.ok(!isMissed(judged));
      const byFlag = await run(lenient, {
        args: [...up, `--policy-pack=${pack}`],
        env: { PULUMI_OPTION_POLICY_PACK: "" },
      });
      assert.ok(!isMissed(byFlag));
    });
  });

  it(`judges customers of files like those of the stack's file ${exhaustiveTag}`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "policy-"));
    try {
      const projectDir = path.join(folder, "project");
      await copyProject(projectDir);
      await mkdir(path.join(projectDir, "customers"));
      const rotated = { applications: [{ cell: "eu-1", rotation: { every: "90d" } }] };
      const slow = { applications: [{ cell: "eu-1", rotation: { every: "900d" } }] };
      await writeFile(
        path.join(projectDir, "customers/all.yaml"),
        stringify([{ ...acme, ...rotated }, { ...globex, ...slow }, hooli]),
      );
      const config = { "tenants:customersFrom": "customers/*.yaml" };
      await withStack({ projectDir, customers: [], config }, async (preview) => {
        const { exitCode, printed } = await preview();
        assert.notEqual(exitCode, 0);
        assert.match(printed, /Application "globex\/eu-1\/default" [^"]*365 days/);
        assert.match(printed, /Application "hooli\/eu-1\/default" [^"]*tenants:rotation/);
        assert.doesNotMatch(printed, /Application "acme\/eu-1\/default"/);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it(`checks a stack of your own in production, and none in testing ${exhaustiveTag}`, async () => {
    const declare = (args: ConfigOverrides, options: ConfigOverrides): ConfigOverrides => ({
      "resources:declare": [{ type: "Tenant", name: "tenant", args: { name: "acme", ...args }, options }],
    });
    const config = declare({ allowReplace: true }, {});
    const projectDir = path.join(repositoryRoot, "test/programs/resources");
    await withStack({ projectDir, config }, async (preview, { workspace }) => {
      const broken = await preview();
      assert.notEqual(broken.exitCode, 0);
      assert.match(broken.printed, /\] protected-tenants \([^)]*: tenant\)/);
      assert.match(broken.printed, /Tenant "tenant" [^"]*allowReplace/);

      await workspace.configure({
        ...declare({}, { protect: true }),
        "tenants:journal": "s3://journals/tenants",
        "tenants:auditLogGroup": "tenants",
      });
      const kept = await preview({ "secrets-provider": { providers: ["passphrase"] } });
      assert.equal(kept.exitCode, 0, kept.printed);
      assert.match(kept.printed, /Policies: ✅ resistant-tenants/);

      await workspace.configure({ ...config, "tenants:stage": "testing" });
      const testing = await preview();
      assert.equal(testing.exitCode, 0, testing.printed);
    });
  });
});
