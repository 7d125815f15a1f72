import { strict as assert } from "node:assert";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { DeleteSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { runProcess } from "../../sandbox/process";
import { type ProvisionedApplication, toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

// Each test types the commands of one runbook in docs/recovery.md.

const umbrella = {
  name: "umbrella",
  customerId: "CRM-1150",
  cells: ["eu-1"],
  applications: [{ cell: "eu-1", authMethod: "EC" }],
};
const restoredSchema = z.object({ imported: z.array(z.object({ slot: z.string(), arn: z.string() })) });
const foundSchema = z.object({
  findings: z.array(
    z.object({
      kind: z.string(),
      tenantId: z.string().optional(),
      applicationId: z.string().optional(),
    }),
  ),
});

/** Makes the stack anew, beside its configuration, as `pulumi stack init` is typed in the project's folder. */
async function initStack({ workspace }: StackUnderTest, env: Record<string, string> = {}): Promise<void> {
  const { exitCode, stderr } = await runProcess("pulumi", ["stack", "init", "dev", "--non-interactive"], {
    cwd: path.dirname(workspace.configFile),
    env: { ...process.env, ...workspace.env, ...env, PULUMI_OPTION_STACK: undefined },
  });
  assert.equal(exitCode, 0, stderr);
}

async function firstApplication({ workspace }: StackUnderTest): Promise<ProvisionedApplication> {
  const [application] = toApplications(await workspace.outputs());
  assert.ok(application);
  return application;
}

describe("the runbooks of a lost state and a lost passphrase, on the engine", function () {
  let stack: StackUnderTest;
  let application: ProvisionedApplication;
  let value: Record<string, unknown>;
  let before: Record<string, string[]>;

  async function start(customer: typeof acme): Promise<void> {
    stack = await StackUnderTest.create({ customers: [customer], encryption: "passphrase" });
    await stack.up();
    application = await firstApplication(stack);
    value = await stack.storedSecret(application.secretArn);
    before = stack.existing();
  }
  afterEach(async () => {
    await stack.finish();
  });

  it("continues with the engine's own copy of the state, which it does not import", async () => {
    await start(acme);
    const backend = path.join(stack.workspace.directory, "state/.pulumi");
    const own = ["stacks", "backups"].map((each) => path.join(backend, each, "resistant-tenants"));
    const [states = "", backups = ""] = own;
    const newest = (await readdir(path.join(backups, "dev")))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .at(-1);
    const copy = path.join(backups, "dev", newest ?? "none");
    assert.match(await stack.fail(["stack", "import", "--file", copy]), /could not deserialize deployment/);
    await rm(path.join(states, "dev.json"));
    assert.match(await stack.fail(["preview"]), /no stack named/);
    await copyFile(copy, path.join(states, "dev.json"));
    assert.equal((await stack.tenants("reconcile")).exitCode, 0);
    await stack.up("--expect-no-changes");
    assert.deepEqual(stack.existing(), before);
  });

  it(`restores the secret into a new state, and adopts tenant and application with their credentials ${exhaustiveTag}`, async () => {
    await start(umbrella);
    await rm(path.join(stack.workspace.directory, "state/.pulumi/stacks"), { recursive: true });
    await initStack(stack);
    const reconciled = await stack.tenants("reconcile", "--json");
    const { findings } = foundSchema.parse(JSON.parse(reconciled.stdout));
    const [tenantId, applicationId] = [
      findings.find(({ kind }) => kind === "orphanedTenant")?.tenantId,
      findings.find(({ kind }) => kind === "orphanedApplication")?.applicationId,
    ];
    assert.ok(tenantId !== undefined && applicationId !== undefined, reconciled.stdout);
    assert.match(await stack.fail(["preview"]), /umbrella\/eu-1\/default .*tenants -- restore umbrella/s);
    const restored = await stack.tenants("restore", "umbrella", "--yes", "--json");
    const [secret] = restoredSchema.parse(JSON.parse(restored.stdout)).imported;
    assert.ok(secret !== undefined, restored.stderr);
    assert.equal(secret.slot, "umbrella/eu-1/default");
    const adopt = { applicationId, secretArn: secret.arn };
    await stack.setCustomers([
      { ...umbrella, adopt: tenantId, applications: [{ cell: "eu-1", authMethod: "EC", adopt }] },
    ]);
    await stack.up();
    assert.deepEqual(stack.existing(), before);
    assert.deepEqual(await stack.storedSecret(application.secretArn), value);
    assert.equal((await stack.tenants("reconcile")).exitCode, 0);
    await stack.setCustomers([umbrella]);
    await stack.up("--expect-no-changes");
  });

  it(`reads from the old state what is no secret, and does the same under another passphrase ${exhaustiveTag}`, async () => {
    await start(acme);
    const env = { PULUMI_CONFIG_PASSPHRASE: "another" };
    const run = (...args: string[]): Promise<string> => stack.succeed(args, { env });
    assert.match(await stack.fail(["preview"], { env }), /incorrect passphrase/);
    const file = path.join(stack.workspace.directory, "lost-state.json");
    await run("stack", "export", "--file", file);
    const { stdout } = await stack.run(["stack", "output", "--json"], { env });
    const [known] = toApplications(JSON.parse(stdout));
    assert.ok(known);
    await run("stack", "rm", "--force", "--preserve-config", "--yes");
    const config = await readFile(stack.workspace.configFile, "utf8");
    await writeFile(stack.workspace.configFile, config.replace(/^encryptionsalt: .*\n/m, ""));
    await initStack(stack, env);
    const restored = await stack.tenantsWith(env, "restore", "acme", "--yes");
    assert.equal(restored.exitCode, 0, restored.stderr);
    const adopt = { applicationId: known.applicationId, secretArn: known.secretArn };
    // Of an application that is forgotten, the journal knows that it was made, and that somebody may use it.
    await stack.setCustomers([{ ...acme, adopt: known.tenantId }]);
    assert.match(
      await stack.fail(["up", "--yes", "--skip-preview"], { env }),
      new RegExp(`adopt: { applicationId: ${known.applicationId}, secretArn: `),
    );
    await stack.setCustomers([{ ...acme, adopt: known.tenantId, applications: [{ cell: "eu-1", adopt }] }]);
    await run("up", "--yes", "--skip-preview");
    assert.deepEqual(stack.existing(), before);
    assert.deepEqual(await stack.storedSecret(application.secretArn), value);
    await stack.setCustomers([acme]);
    await run("up", "--yes", "--skip-preview", "--expect-no-changes");
  });
});

describe("the runbooks of a lost secret of an active production customer, on the engine", function () {
  let stack: StackUnderTest;
  let arn: string;
  let value: Record<string, unknown>;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme] });
    await stack.up();
    arn = (await firstApplication(stack)).secretArn;
    value = await stack.storedSecret(arn);
    stack.sandbox.control.resetRequests();
  });
  after(async () => {
    await stack.finish();
  });

  it("stores again from the state what was overwritten", async () => {
    await stack.aws.send(new PutSecretValueCommand({ SecretId: arn, SecretString: '"overwritten"' }));
    await stack.up("--replace", await stack.urn(":SecretVersion", "acme/eu-1/default"));
    assert.deepEqual(await stack.storedSecret(arn), value);
    await stack.up("--expect-no-changes");
  });

  it("restores what waits for its deletion", async () => {
    await stack.aws.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }));
    const { exitCode, stdout } = await stack.tenants("restore", "acme", "--yes");
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`restored +${arn}\n(?!imported)`));
    assert.deepEqual(await stack.storedSecret(arn), value);
  });

  it("creates again, with another ARN, what was deleted for good, and sends nothing to the vendor", async () => {
    await stack.aws.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
    await stack.succeed(["refresh", "--yes", "--skip-preview"]);
    await stack.up();
    const { secretArn } = await firstApplication(stack);
    assert.notEqual(secretArn, arn);
    assert.deepEqual(await stack.storedSecret(secretArn), value);
    const changing = stack.sandbox.control
      .requestLog()
      .filter(({ operation }) => /create|delete/i.test(operation));
    assert.deepEqual(changing, []);
  });
});
