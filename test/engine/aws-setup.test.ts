import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { rightsPage, writeRights } from "../../docs/rights";
import type { Policy } from "../../examples/aws-setup/policies";
import { rights, type Role, roles } from "../../examples/aws-setup/rights";
import { runToSuccess } from "../../sandbox/process";
import type { Registered } from "../programs/aws-setup";

const root = path.resolve(__dirname, "../..");

describe("examples/aws-setup, with the engine's mocks", function () {
  this.timeout(120_000);
  let resources: Registered[];
  let outputs: Record<string, unknown>;

  before(async () => {
    ({ resources, outputs } = await setUp());
  });

  async function setUp(
    ...args: string[]
  ): Promise<{ resources: Registered[]; outputs: Record<string, unknown> }> {
    const program = [
      "-r",
      "ts-node/register/transpile-only",
      path.join(__dirname, "../programs/aws-setup.ts"),
      ...args,
    ];
    const printed = await runToSuccess(process.execPath, program, { cwd: root });
    return JSON.parse(printed) as Awaited<ReturnType<typeof setUp>>;
  }

  const of = (type: string): Registered[] => resources.filter((resource) => resource.type === type);
  const policy = (text: unknown): Policy => JSON.parse(String(text)) as Policy;
  const policyOfRole = (name: string): Policy =>
    policy(of("aws:iam/rolePolicy:RolePolicy").find((resource) => resource.name === name)?.inputs["policy"]);
  const trustOfRole = (name: string): Record<string, string[]> => {
    const role = of("aws:iam/role:Role").find((resource) => resource.name === name);
    const [statement] = policy(role?.inputs["assumeRolePolicy"]).Statement;
    return statement!.Condition!["StringEquals"] as Record<string, string[]>;
  };

  it("gives each role the rights of the table, and no other", () => {
    const roleOf = (name: string): Role => roles.find((role) => name.startsWith(role))!;
    const names = of("aws:iam/rolePolicy:RolePolicy").map(({ name }) => name);
    assert.deepEqual(names.sort(), ["drift-dev", "drift-prod", "preview", "up-dev", "up-prod"]);
    for (const name of names) {
      const allowed = policyOfRole(name).Statement.flatMap(({ Action = [], Resource = [] }) =>
        Action.map((action) => `${action} ${Resource.join()}`),
      );
      // The organization's key is in KMS here.
      const wanted = rights.filter(
        (right) => right.roles.includes(roleOf(name)) && right.on !== "organizationSecret",
      );
      assert.deepEqual(
        allowed.map((one) => one.split(" ")[0]).sort(),
        wanted.map(({ action }) => action).sort(),
      );
      const everywhere = allowed.filter((one) => one.endsWith(" *"));
      assert.deepEqual(everywhere, name !== "preview" ? ["secretsmanager:ListSecrets *"] : []);
      assert.ok(allowed.every((one) => !one.includes("undefined")));
    }
  });

  it("lets who applies or looks read an organization's key in Secrets Manager, and creates none in KMS", async () => {
    const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:partner/organization-key-AbCdEf";
    const other = await setUp(arn);
    const readers = other.resources
      .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
      .filter(({ inputs }) =>
        policy(inputs["policy"]).Statement.some(
          ({ Effect, Action = [], Resource = [] }) =>
            Effect === "Allow" && Action.includes("secretsmanager:GetSecretValue") && Resource.includes(arn),
        ),
      );
    assert.deepEqual(readers.map(({ name }) => name).sort(), [
      "drift-dev",
      "drift-prod",
      "up-dev",
      "up-prod",
    ]);
    const keys = other.resources.filter(({ type }) => type === "aws:kms/key:Key").map(({ name }) => name);
    assert.deepEqual(keys.sort(), ["secrets", "state"]);
    const { "tenants:privateKeySecretArn": named } = other.outputs["configuration"] as Record<
      string,
      unknown
    >;
    assert.equal(named, arn);
  });

  it("trusts environments and workflow files of main, and no other", () => {
    const claims = "token.actions.githubusercontent.com";
    assert.deepEqual(trustOfRole("up-prod"), {
      [`${claims}:aud`]: "sts.amazonaws.com",
      [`${claims}:sub`]: [
        "repo:partner/tenants:environment:up-prod",
        "repo:partner/tenants:environment:rotate-prod",
      ],
      [`${claims}:job_workflow_ref`]: ["partner/tenants/.github/workflows/stack-up.yml@refs/heads/main"],
    });
    for (const { name } of of("aws:iam/role:Role")) {
      const { [`${claims}:sub`]: subjects = [], [`${claims}:job_workflow_ref`]: files = [] } =
        trustOfRole(name);
      assert.ok(subjects.length > 0 && files.length > 0);
      assert.ok([...subjects, ...files].every((value) => !value.includes("*")));
    }
  });

  it("keeps every version of the state, and locks the journal's objects", () => {
    const versioned = of("aws:s3/bucketVersioning:BucketVersioning");
    assert.deepEqual(
      versioned.map(({ inputs }) => inputs["versioningConfiguration"]),
      [{ status: "Enabled" }, { status: "Enabled" }],
    );
    const [lock] = of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration");
    assert.deepEqual(lock?.inputs["rule"], { defaultRetention: { mode: "COMPLIANCE", days: 365 } });
    assert.equal(of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").length, 2);
  });

  it("prints what belongs in GitHub and in the stacks' files", () => {
    assert.deepEqual(Object.keys(outputs["roleArns"] as object).sort(), [
      "drift-dev",
      "drift-prod",
      "preview",
      "preview-code",
      "rotate-dev",
      "rotate-prod",
      "up-dev",
      "up-prod",
    ]);
    assert.equal(outputs["backendUrl"], "s3://partner-state");
    assert.equal(outputs["secretsProvider"], "awskms://alias/partner-state?region=eu-west-1");
    assert.deepEqual(outputs["configuration"], {
      "tenants:kmsKeyId": "arn:aws:kms:::key/organization",
      "tenants:journal": "s3://partner-journal/tenants",
      "tenants:auditLogGroup": "arn:aws:cloudwatch:::audit",
      "tenants:secrets": { kmsKeyId: "alias/partner-secrets" },
    });
  });

  it("is type-checked, and docs/ci.md has the rights as they are", async () => {
    const tsc = path.join(root, "node_modules/.bin/tsc");
    await runToSuccess(tsc, ["-p", "examples/aws-setup"], { cwd: root });
    assert.equal(await readFile(rightsPage, "utf8"), await writeRights(), "run `npm run docs`");
  });
});
