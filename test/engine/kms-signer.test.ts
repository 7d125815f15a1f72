import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";

import {
  CreateKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KeyUsageType,
  KMSClient,
} from "@aws-sdk/client-kms";
import { jwtVerify } from "jose";

import { kmsSigner } from "../../provider/src/aws/kms-signer";
import { type SecretsManager, startSecretsManager } from "../../sandbox/aws/moto";
import { awsHere, region, useAwsEnvironment } from "../support/aws-environment";
import { failureOf } from "../support/failure";
import { mentions } from "../support/mentions";

const request = {
  clientId: "organization-client",
  audience: "https://id.example.test/v1/token",
  keyId: "k-1",
};

describe("dynamic: a key in AWS KMS", function () {
  let moto: SecretsManager;
  let kms: KMSClient;

  before(async () => {
    moto = await startSecretsManager({ log: () => undefined });
    kms = new KMSClient({});
  });
  after(async () => {
    kms.destroy();
    await moto.close();
  });

  useAwsEnvironment(() => moto.endpointUrl);

  async function makeKey(spec: KeySpec, usage: KeyUsageType = "SIGN_VERIFY"): Promise<string> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }));
    return KeyMetadata?.Arn ?? "";
  }

  it("signs an assertion that its public half verifies", async () => {
    const arn = await makeKey("RSA_3072");
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: arn }));
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" });
    // The ARN's own region counts, not the one beside it.
    const assertion = await kmsSigner(arn, awsHere({ region: "us-east-1" }))(request);
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
      algorithms: ["RS256"],
      audience: request.audience,
      issuer: request.clientId,
      subject: request.clientId,
    });
    assert.deepEqual(protectedHeader, { alg: "RS256", typ: "JWT", kid: "k-1" });
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  });

  const unfit: Record<string, { make: () => Promise<string>; remedy: RegExp }> = {
    "is not there": {
      make: () =>
        Promise.resolve(`arn:aws:kms:${region}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef`),
      remedy: /NotFoundException.*tenants:kmsKeyId/,
    },
    "is an EC key": { make: () => makeKey("ECC_NIST_P256"), remedy: /RSA_3072.*SIGN_VERIFY.*kms:Sign/ },
    "is for encryption": {
      make: () => makeKey("RSA_2048", "ENCRYPT_DECRYPT"),
      remedy: /RSA_3072.*SIGN_VERIFY.*kms:Sign/,
    },
  };
  for (const [what, { make, remedy }] of Object.entries(unfit)) {
    it(`that ${what} is reported with its name and what to do`, async () => {
      const arn = await make();
      const error = await failureOf(kmsSigner(arn, awsHere())(request));
      assert.equal(error.code, "INPUT_INVALID");
      mentions(error.message, "tenants:kmsKeyId", arn);
      assert.match(error.message, remedy);
    });
  }
});
