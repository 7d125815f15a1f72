import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { awsEnvironment, startAwsProvider, type AwsStandIn } from "../../sandbox/aws/find-provider";
import { startSecretsManager, type SecretsManager } from "../../sandbox/aws/moto";
import { findPulumi, type PulumiCli } from "../../sandbox/pulumi/cli";
import { createWorkspace, type Workspace } from "../../sandbox/pulumi/workspace";

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
      projectDir: path.join(__dirname, "programs/secret"),
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

  async function outputs(): Promise<{ arn: string; versionId: string }> {
    const { arn, versionId } = await workspace.outputs();
    assert(typeof arn === "string" && typeof versionId === "string");
    return { arn, versionId };
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
    await workspace.configure({ "secret:name": "team/first", "secret:tags": { owner: "payments-team" } });
    await run(upNow);
    const { arn } = await outputs();
    assert.equal(await valueOf(arn, "AWSCURRENT"), "first value");
    assert.deepEqual(await tagsOf(arn), { owner: "payments-team" });
    assert.deepEqual(await secretNames(), ["team/first"]);
  });

  it("names a secret after its resource where the program gives no name, and keeps that name", async () => {
    await run(upNow);
    const [name] = await secretNames();
    assert.match(name ?? "", /^secret-[0-9a-f]{7}$/);
    await run([...upNow, "--expect-no-changes"]);
  });

  it("finds nothing to change in a second up, nor in a refresh", async () => {
    await workspace.configure({ "secret:name": "team/same", "secret:tags": { owner: "payments-team" } });
    await run(upNow);
    await run([...upNow, "--expect-no-changes"]);
    await run(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    await run([...upNow, "--expect-no-changes"]);
  });

  it("makes a changed value the current version before the former one goes", async () => {
    await workspace.configure({ "secret:name": "team/rotated" });
    await run(upNow);
    const before = await outputs();
    await run(upNow, "second value");
    const after = await outputs();
    assert.equal(after.arn, before.arn);
    assert.notEqual(after.versionId, before.versionId);
    assert.equal(await valueOf(after.arn, "AWSCURRENT"), "second value");
    assert.equal(await valueOf(after.arn, "AWSPREVIOUS"), "first value");
  });

  it("changes tags in place", async () => {
    await workspace.configure({
      "secret:name": "team/tagged",
      "secret:tags": { owner: "one", stage: "testing" },
    });
    await run(upNow);
    const before = await outputs();
    await workspace.configure({ "secret:tags": { owner: "two", cell: "eu-1" } });
    await run(upNow);
    assert.deepEqual(await outputs(), before);
    assert.deepEqual(await tagsOf(before.arn), { owner: "two", cell: "eu-1" });
  });

  it("replaces a secret whose name changes", async () => {
    await workspace.configure({ "secret:name": "team/old" });
    await run(upNow);
    await workspace.configure({ "secret:name": "team/new" });
    await run(upNow);
    assert.deepEqual(await secretNames(), ["team/new"]);
    assert.equal(await valueOf((await outputs()).arn, "AWSCURRENT"), "first value");
  });

  it("makes a secret again that a refresh no longer found", async () => {
    await workspace.configure({ "secret:name": "team/lost" });
    await run(upNow);
    const { arn } = await outputs();
    await client.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
    await run(["refresh", "--yes", "--skip-preview"]);
    const { deployment } = await workspace.exportState();
    assert.deepEqual(
      deployment.resources.filter(({ type }) => type.startsWith("aws:")),
      [],
    );
    await run(upNow);
    assert.equal(await valueOf((await outputs()).arn, "AWSCURRENT"), "first value");
  });

  it("leaves nothing after a destroy with a recovery window of 0", async () => {
    await run(upNow);
    await run(["destroy", "--yes", "--skip-preview"]);
    assert.deepEqual(await secretNames(), []);
  });

  it("previews without asking AWS, with unknown values", async () => {
    await workspace.configure({ "secret:name": "team/previewed" });
    assert.match(await run(["preview"]), /3 to create/);
    assert.deepEqual(await secretNames(), []);
  });

  it("reports AWS's own error code", async () => {
    await workspace.configure({ "secret:name": "team/taken", "secret:twice": true });
    const { exitCode, stdout, stderr } = await workspace.run(upNow, { env: { SECRET_VALUE: "first value" } });
    assert.notEqual(exitCode, 0);
    assert.match(
      stdout + stderr,
      /creating Secrets Manager Secret \(team\/taken\): ResourceExistsException: /,
    );
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
