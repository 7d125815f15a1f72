import { strict as assert } from "node:assert";

import { DescribeSecretCommand, GetResourcePolicyCommand } from "@aws-sdk/client-secrets-manager";

import { readerPolicy } from "../../stacks/src/secret/protection";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const role = "arn:aws:iam::123456789012:role/documents-reader";
const secrets = {
  kmsKeyId: "alias/stage",
  readerRoleArns: [role],
  replicate: true,
  // moto keeps no other key of a replica.
  replicaKmsKeyId: "alias/aws/secretsmanager",
};

describe("the custody of secrets, on the engine", function () {
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({
      stage: "production",
      customers: [{ ...acme, cells: ["eu-1", "us-1"], secrets: { kmsKeyId: "alias/acme" } }, globex],
      config: { "tenants:secrets": secrets },
    });
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  async function secretOf(slot: string): Promise<Record<string, unknown>> {
    const SecretId = `${stack.secretPrefix}/production/${slot}`;
    const described = await stack.aws.send(new DescribeSecretCommand({ SecretId }));
    const { ResourcePolicy } = await stack.aws.send(new GetResourcePolicyCommand({ SecretId }));
    return {
      key: described.KmsKeyId,
      policy: ResourcePolicy,
      replicas: (described.ReplicationStatus ?? []).map(({ Region, KmsKeyId }) => [Region, KmsKeyId]),
    };
  }

  it("gives each secret its key, its readers, and a replica if its cell is elsewhere", async () => {
    const policy = readerPolicy([role]);
    assert.deepEqual(await secretOf("acme/eu-1/default"), { key: "alias/acme", policy, replicas: [] });
    assert.deepEqual(await secretOf("acme/us-1/default"), {
      key: "alias/acme",
      policy,
      replicas: [["us-east-1", "alias/aws/secretsmanager"]],
    });
    assert.deepEqual(await secretOf("globex/eu-1/default"), { key: "alias/stage", policy, replicas: [] });
  });

  it("changes nothing in a second up", async () => {
    await stack.up("--expect-no-changes");
  });

  it("changes key and readers in place, and removes the restriction with an empty list", async () => {
    await stack.workspace.configure({
      "tenants:secrets": { ...secrets, kmsKeyId: "alias/next", readerRoleArns: [] },
    });
    const before = stack.existing();
    await stack.up();
    assert.deepEqual(await secretOf("globex/eu-1/default"), {
      key: "alias/next",
      policy: undefined,
      replicas: [],
    });
    assert.deepEqual(stack.existing(), before);
    await stack.up("--expect-no-changes");
  });
});

describe("a removed customer's secrets, on the engine", function () {
  let stack: StackUnderTest;
  let arn: string;

  before(async () => {
    stack = await StackUnderTest.create({
      customers: [acme, globex],
      config: { "tenants:secrets": { recoveryWindowInDays: 7 } },
    });
    await stack.up();
    arn = await secretArn();
    await stack.setCustomers([acme]);
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  async function secretArn(): Promise<string> {
    const { customers } = (await stack.workspace.outputs()) as {
      customers: Record<string, { applications: Array<{ secretArn: string }> }>;
    };
    return customers["globex"]!.applications[0]!.secretArn;
  }

  it("wait for their deletion as long as the configuration says", async () => {
    const name = `${stack.secretPrefix}/testing/globex/eu-1/default`;
    assert.ok((await stack.listSecrets()).includes(name));
    assert.ok(!(await stack.listSecrets({ includePlannedDeletion: false })).includes(name));
  });

  it("are not restored for a customer that is not declared", async () => {
    const { exitCode, stderr } = await stack.tenants("restore", "globex", "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /\bglobex\b.*tenants:customers/);
  });

  it("are reported in a preview of the customer added again, with the way back", async () => {
    await stack.setCustomers([acme, globex]);
    assert.match(
      await stack.fail(["preview"]),
      new RegExp(`globex/eu-1/default .*${arn}.*tenants -- restore globex`, "s"),
    );
  });

  it("are not restored if no one can be asked", async () => {
    const { exitCode, stderr } = await stack.tenants("restore", "globex");
    assert.equal(exitCode, 2);
    assert.match(stderr, /--yes/);
    assert.ok((await stack.aws.send(new DescribeSecretCommand({ SecretId: arn }))).DeletedDate);
  });

  it("are restored with their ARN, and contain the new credential", async () => {
    const { exitCode, stdout } = await stack.tenants("restore", "globex", "--yes");
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      new RegExp(`restored +${arn}\\nimported +globex/eu-1/default +${arn}\\n.*pulumi up`),
    );
    await stack.up();
    assert.equal(await secretArn(), arn);
    const { application_id, tenant_id } = await stack.storedSecret(arn);
    assert.deepEqual([application_id], stack.existing()["globex"]);
    assert.equal(tenant_id, stack.tenantId("globex"));
    assert.equal((await stack.describeSecret(arn)).tags["tenant_id"], tenant_id);
    await stack.up("--expect-no-changes");
  });

  it("are left alone once the stack has them", async () => {
    const { exitCode, stdout } = await stack.tenants("restore", "globex", "--yes", "--json");
    assert.equal(exitCode, 0);
    const { restored, imported } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([restored, imported], [[], []]);
  });
});
