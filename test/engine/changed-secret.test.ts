import { strict as assert } from "node:assert";

import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { closedPort } from "../support/http-server";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const reportSchema = z.object({
  warnings: z.array(z.string()),
  findings: z.array(
    z.object({ kind: z.string(), slot: z.string().optional(), next: z.array(z.string()), why: z.string() }),
  ),
});
const overwritten = /warning: acme\/eu-1\/default: .*pulumi preview/;
const changed = /- acme\/eu-1\/default: [^]*AWSPREVIOUS/;

/** The words of a command that a message gives, without its program. */
function wordsOf(command: string, program: string): string[] {
  assert.ok(command.startsWith(`${program} `), command);
  return command
    .slice(program.length + 1)
    .split(" ")
    .map((word) => word.replaceAll("'", ""));
}

describe("a secret that someone changes in AWS, on the engine", function () {
  let stack: StackUnderTest;
  let arn: string;
  let value: Record<string, unknown>;

  const slot = "acme/eu-1/default";
  const versionOf = async (label: string): Promise<string | undefined> => {
    const request = { SecretId: arn, VersionStage: label };
    return (await stack.aws.send(new GetSecretValueCommand(request))).SecretString;
  };
  const overwrite = async (text: string): Promise<void> => {
    await stack.aws.send(new PutSecretValueCommand({ SecretId: arn, SecretString: text }));
  };
  const reconcile = async (): Promise<z.output<typeof reportSchema>> =>
    reportSchema.parse(JSON.parse((await stack.tenants("reconcile", "--json")).stdout));
  /** Types the command that a preview and `reconcile` give for the secret. */
  const repair = async (): Promise<void> => {
    const printed = await stack.succeed(["preview"]);
    assert.match(printed, changed);
    assert.doesNotMatch(printed, /globex\/eu-1\/default: /);
    const { findings } = await reconcile();
    assert.deepEqual(
      findings.map(({ kind, slot: found }) => [kind, found]),
      [["changedSecret", slot]],
    );
    const words = wordsOf(findings[0]?.next[0] ?? "", "pulumi");
    assert.ok(printed.includes(words.at(-1) ?? ""), printed);
    await stack.succeed([...words, "--yes", "--skip-preview"]);
    assert.deepEqual(await stack.storedSecret(arn), value);
    assert.doesNotMatch(await stack.succeed(["preview", "--expect-no-changes"]), changed);
    assert.deepEqual(await reconcile(), { warnings: [], findings: [] });
  };

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme, globex] });
    await stack.up();
    const [application] = toApplications(await stack.workspace.outputs());
    arn = application?.secretArn ?? "";
    value = await stack.storedSecret(arn);
    stack.sandbox.control.resetRequests();
  });
  after(async () => {
    await stack.finish();
  });

  it("is named by a preview and by reconcile, and stored again by the command that both give", async () => {
    await overwrite("oops");
    await repair();
    assert.equal(await versionOf("AWSPREVIOUS"), "oops");
  });

  it(`is named by a refresh as the drift workflow runs it, and repaired alike after a refresh ${exhaustiveTag}`, async () => {
    await overwrite("oops");
    await overwrite("oops again");
    assert.match(await stack.succeed(["refresh", "--preview-only", "--run-program"]), changed);
    const refreshed = await stack.succeed(["refresh", "--yes", "--skip-preview"]);
    assert.match(refreshed, overwritten);
    assert.doesNotMatch(refreshed, /warning: globex\/eu-1\/default: |oops/);
    await repair();
    assert.doesNotMatch(await stack.succeed(["refresh", "--yes", "--skip-preview"]), overwritten);
    assert.equal(await versionOf("AWSPREVIOUS"), "oops again");
  });

  it(`that is marked for deletion is named with the command that takes it back ${exhaustiveTag}`, async () => {
    await stack.aws.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }));
    assert.match(await stack.succeed(["preview"]), /npm run tenants -- restore acme/);
    const [finding] = (await reconcile()).findings;
    assert.equal(finding?.kind, "changedSecret");
    const words = wordsOf(finding.next[0] ?? "", "npm run tenants --");
    assert.equal((await stack.tenants(...words, "--yes")).exitCode, 0);
    assert.deepEqual(await stack.storedSecret(arn), value);
    assert.deepEqual((await reconcile()).findings, []);
  });

  it("is not detected if AWS cannot be called: that is reported once, and the preview continues", async () => {
    const AWS_ENDPOINT_URL_SECRETS_MANAGER = `http://127.0.0.1:${await closedPort()}`;
    const endpoints = [{ secretsmanager: AWS_ENDPOINT_URL_SECRETS_MANAGER }];
    await stack.workspace.configure({ "aws:endpoints": endpoints });
    const printed = await stack.succeed(["preview"], { env: { AWS_ENDPOINT_URL_SECRETS_MANAGER } });
    const [, said = ""] = printed.split("Diagnostics:");
    assert.equal(said.match(/secretsmanager:DescribeSecret/g)?.length, 1, printed);
  });
});

describe("a secret with several generations that someone changes in AWS, on the engine", function () {
  it(`gets the newest credential back, also if the older one is still running ${exhaustiveTag}`, async () => {
    const rotation = { overlap: "7d", changes: "immediately" };
    const scopes = ["documents.submissions.read"];
    const customer = (given: object) => ({ ...acme, applications: [{ cell: "eu-1", rotation, ...given }] });
    const stack = await StackUnderTest.create({ customers: [customer({})] as never });
    await stack.up();
    await stack.setCustomers([customer({ scopes })] as never);
    await stack.up();
    assert.equal(stack.existing()["acme"]?.length, 2);
    assert.doesNotMatch(await stack.succeed(["preview"]), changed);
    const { SecretList: [secret] = [] } = await stack.aws.send(
      new ListSecretsCommand({ Filters: [{ Key: "name", Values: [stack.secretPrefix] }] }),
    );
    const arn = secret?.ARN ?? "";
    const value = await stack.storedSecret(arn);
    await stack.aws.send(new PutSecretValueCommand({ SecretId: arn, SecretString: "oops" }));
    const urn = await stack.urn(":SecretVersion", "acme/eu-1/default/2");
    assert.ok((await stack.succeed(["preview"])).includes(`pulumi up --replace '${urn}'`));
    // Should both be stored again, the newest is stored last.
    const older = await stack.urn(":SecretVersion", "acme/eu-1/default");
    await stack.up("--replace", older, "--replace", urn);
    assert.deepEqual(await stack.storedSecret(arn), value);
    await stack.up("--expect-no-changes");
    await stack.finish();
  });
});
