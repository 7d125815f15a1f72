import { strict as assert } from "node:assert";

import { CreateAliasCommand, CreateKeyCommand, GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";

import { exhaustiveTag } from "../suites";
import { acme } from "./customers";
import { region, StackUnderTest, startShared } from "./engine";

/** No key of the organization's anywhere but in KMS, and no region but the stack's. */
const onlyKms = { TENANTS_PRIVATE_KEY: undefined, AWS_REGION: undefined };

describe("the organization's key in AWS KMS, on the engine", function () {
  let kms: KMSClient;
  let stack: StackUnderTest;

  before(async () => {
    const { secretsManager } = await startShared();
    kms = new KMSClient({
      region,
      endpoint: secretsManager.endpointUrl,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
  });
  after(() => {
    kms.destroy();
  });
  beforeEach(async () => {
    stack = await StackUnderTest.create({ customers: [acme], encryption: "passphrase" });
  });
  afterEach(async () => {
    await stack.finish();
  });

  async function makeKey(spec: "RSA_2048" | "RSA_3072"): Promise<{ id: string; arn: string }> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: "SIGN_VERIFY" }));
    assert.ok(KeyMetadata?.KeyId !== undefined && KeyMetadata.Arn !== undefined);
    return { id: KeyMetadata.KeyId, arn: KeyMetadata.Arn };
  }

  /** Makes a key of KMS's the only one that the vendor knows of the organization's. */
  async function register(id: string): Promise<void> {
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: id }));
    const der = Buffer.from(PublicKey ?? []).toString("base64");
    const pem = `-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`;
    stack.sandbox.control.registerOrganizationKey(pem, "key-in-kms");
    stack.sandbox.control.removeOrganizationKey(stack.sandbox.keyId);
    await stack.workspace.configure({ "tenants:keyId": "key-in-kms" });
  }

  it("is all that up, a second up, reconcile and destroy need; a preview does not ask for it", async () => {
    const { id, arn } = await makeKey("RSA_3072");
    await register(id);
    await stack.workspace.configure({ "tenants:kmsKeyId": arn });
    await stack.succeed(["preview"], { env: { ...onlyKms, AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:9" } });
    await stack.succeed(["up", "--yes", "--skip-preview"], { env: onlyKms });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
    stack.sandbox.control.resetRequests();
    await stack.succeed(["up", "--yes", "--skip-preview"], { env: onlyKms });
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
    const reconciled = await stack.tenantsWith(onlyKms, "reconcile");
    assert.equal(reconciled.exitCode, 0, reconciled.stdout + reconciled.stderr);
    await stack.succeed(["destroy", "--yes", "--skip-preview"], { env: onlyKms });
    assert.deepEqual(stack.existing(), {});
  });

  it(`takes precedence over every other key, and an alias names it in the stack's region ${exhaustiveTag}`, async () => {
    const { id } = await makeKey("RSA_2048");
    await register(id);
    const alias = `alias/${stack.secretPrefix}`;
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: id }));
    await stack.workspace.configure({ "tenants:kmsKeyId": alias });
    await stack.succeed(["up", "--yes", "--skip-preview"], {
      env: { AWS_REGION: undefined, TENANTS_PRIVATE_KEY: "another key" },
    });
    assert.deepEqual(Object.keys(stack.existing()), ["acme"]);
  });
});
