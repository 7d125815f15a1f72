import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { awsVersion, findAwsProvider } from "../../sandbox/aws/find-provider";
import { type SecretsManager, startSecretsManager } from "../../sandbox/aws/moto";
import { findPulumi, type PulumiCli } from "../../sandbox/pulumi/cli";
import { createWorkspace } from "../../sandbox/pulumi/workspace";

const log = (): void => undefined;
const region = "eu-west-1";
const standIn = path.resolve(__dirname, "../../sandbox/aws/provider.ts");

/** Stands for the real plugin: started by the engine, with no port said beforehand. */
const plugin = `#!/bin/sh
cd "${path.resolve(__dirname, "../..")}"
input=$(dirname "$0")/input
mkfifo "$input" 2>/dev/null
exec "${process.execPath}" -r ts-node/register/transpile-only "${standIn}" "$@" <> "$input"
`;

describe("the AWS provider of a workspace", function () {
  this.timeout(60_000);

  let pulumi: PulumiCli;
  let secretsManager: SecretsManager;
  let home: string;
  const pulumiHome = process.env["PULUMI_HOME"];

  before(async function () {
    this.timeout(20 * 60_000);
    pulumi = await findPulumi({ log });
    secretsManager = await startSecretsManager({ log });
    home = await mkdtemp(path.join(os.tmpdir(), "pulumi-home-"));
    process.env["PULUMI_HOME"] = home;
  });

  after(async () => {
    if (pulumiHome === undefined) delete process.env["PULUMI_HOME"];
    else process.env["PULUMI_HOME"] = pulumiHome;
    await secretsManager.close();
    await rm(home, { recursive: true, force: true });
  });

  it("is the plugin of @pulumi/aws's version if that is installed", async () => {
    const folder = path.join(home, "plugins", `resource-aws-v${awsVersion()}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "pulumi-resource-aws"), plugin, { mode: 0o755 });

    const { endpointUrl } = secretsManager;
    const aws = await findAwsProvider({ pulumi, endpointUrl, region, log });
    assert.deepEqual([aws.kind, aws.pluginsFolder], ["plugin", path.join(home, "plugins")]);
    const workspace = await createWorkspace({
      pulumi,
      stack: "dev",
      projectDir: path.resolve(__dirname, "../../sandbox/aws/trial-program"),
      config: aws.config,
      env: { ...aws.env, SECRET_VALUE: "a value" },
      pluginsFolder: path.join(home, "plugins"),
    });
    try {
      for (const command of ["up", "destroy"]) {
        const { exitCode, stdout, stderr } = await workspace.run([command, "--yes", "--skip-preview"]);
        assert.equal(exitCode, 0, stdout + stderr);
      }
    } finally {
      await workspace.remove();
    }
  });
});
