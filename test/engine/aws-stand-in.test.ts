import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import { type Assumption, assumptions, describeTried, tryAssumptions } from "../../sandbox/aws/assumptions";
import { awsEnvironment, type AwsStandIn, startAwsProvider } from "../../sandbox/aws/find-provider";
import { type SecretsManager, startSecretsManager } from "../../sandbox/aws/moto";
import { findPulumi, type PulumiCli } from "../../sandbox/pulumi/cli";
import { createWorkspace, type Workspace } from "../../sandbox/pulumi/workspace";
import { exhaustiveTag } from "../suites";

const region = "eu-west-1";
const log = (): void => undefined;
const upNow = ["up", "--yes", "--skip-preview"];

describe("the AWS provider's stand-in on the real engine", function () {
  this.timeout(60_000);

  let pulumi: PulumiCli;
  let secretsManager: SecretsManager;
  let aws: AwsStandIn;
  let client: SecretsManagerClient;
  let workspace: Workspace;

  before(async function () {
    // The first time on a machine, this builds the CLI.
    this.timeout(20 * 60_000);
    pulumi = await findPulumi({ log });
    secretsManager = await startSecretsManager({ log });
    const { endpointUrl } = secretsManager;
    aws = await startAwsProvider({ endpointUrl, region, log });
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    client = new SecretsManagerClient({ endpoint: endpointUrl, region, credentials });
  });

  after(async () => {
    client.destroy();
    await aws.close();
    await secretsManager.close();
  });

  beforeEach(async () => {
    workspace = await createWorkspace({
      pulumi,
      stack: "dev",
      projectDir: path.resolve(__dirname, "../../sandbox/aws/trial-program"),
      config: { "aws:region": region },
      env: {
        ...awsEnvironment({ endpointUrl: secretsManager.endpointUrl, region }),
        PULUMI_DEBUG_PROVIDERS: aws.debugProviders,
      },
    });
  });

  afterEach(async () => {
    await run(["destroy", "--yes", "--skip-preview"]);
    await workspace.remove();
  });

  async function run(args: readonly string[], value = "first value"): Promise<string> {
    const { exitCode, stdout, stderr } = await workspace.run(args, { env: { SECRET_VALUE: value } });
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout + stderr;
  }

  async function arnOfSecret(): Promise<string> {
    const { arn } = await workspace.outputs();
    assert(typeof arn === "string");
    return arn;
  }

  async function valueOf(arn: string, stage: string): Promise<string | undefined> {
    const found = await client.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: stage }));
    return found.SecretString;
  }

  async function tagsOf(arn: string): Promise<Record<string, string | undefined>> {
    const { Tags } = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    return Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value]));
  }

  async function secretNames(): Promise<(string | undefined)[]> {
    const { SecretList } = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    return (SecretList ?? []).map(({ Name }) => Name);
  }

  it("makes a secret with its first version", async () => {
    await workspace.configure({ "trial:name": "team/first", "trial:tags": { owner: "payments-team" } });
    await run(upNow);
    const arn = await arnOfSecret();
    assert.equal(await valueOf(arn, "AWSCURRENT"), "first value");
    assert.deepEqual(await tagsOf(arn), { owner: "payments-team" });
    assert.deepEqual(await secretNames(), ["team/first"]);
  });

  it(`names a secret after its resource if the program gives no name, and keeps that name ${exhaustiveTag}`, async () => {
    await run(upNow);
    const [name] = await secretNames();
    assert.match(name ?? "", /^secret-[0-9a-f]{7}$/);
    await run([...upNow, "--expect-no-changes"]);
  });

  const relied = assumptions.filter(({ check }) => check !== undefined);
  const samples = { "": relied.slice(0, 1), [` ${exhaustiveTag}`]: relied };
  for (const [tag, tried] of Object.entries(samples))
    it(`behaves as the real provider is assumed to${tag}`, async function () {
      this.timeout(600_000);
      const { endpointUrl } = secretsManager;
      const env = {
        ...awsEnvironment({ endpointUrl, region }),
        PULUMI_DEBUG_PROVIDERS: aws.debugProviders,
      };
      const otherwise: Assumption = {
        behaviour: "an assumption that does not hold",
        page: "none",
        check: (trial) => trial.up(undefined, "--expect-no-changes").then(() => undefined),
      };
      const options = { pulumi, aws: { config: {}, env }, endpointUrl, region };
      const outcomes = await tryAssumptions(options, [...tried, otherwise]);
      assert.deepEqual(
        outcomes.filter(({ outcome }) => outcome === "differs").map(({ behaviour }) => behaviour),
        [otherwise.behaviour],
      );
      const said = describeTried(outcomes);
      assert.ok(said.startsWith(`${tried.length} of ${tried.length + 1} `), said);
      assert.ok(said.includes(`${otherwise.behaviour} (none)`), said);
    });

  it(`previews without asking AWS, with unknown values ${exhaustiveTag}`, async () => {
    await workspace.configure({ "trial:name": "team/previewed" });
    assert.match(await run(["preview"]), /3 to create/);
    assert.deepEqual(await secretNames(), []);
  });

  it("keeps the value out of the state, the logs and the output", async () => {
    const value = "hidden-4f1c2d8e";
    const said = [await run(upNow, value), await run([...upNow, "--diff"], `${value}-2`)];
    said.push(await run(["refresh", "--yes", "--skip-preview"], `${value}-2`));
    const files = await readdir(workspace.directory, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      said.push(await readFile(path.join(file.parentPath, file.name), "utf8"));
    }
    assert(said.length > 5, "the state and the logs are among the files read");
    assert.deepEqual(
      said.filter((text) => text.includes(value)),
      [],
    );
  });
});
