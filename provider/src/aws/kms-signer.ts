import { type AssertionSigner, remoteSigner } from "../client/assertion";
import { smallestModulusBits } from "../client/auth-methods";
import { TenantManagementError } from "../client/errors";
import { messageOf } from "../client/text";
import type { Aws } from "./aws";

/** A signature is as long as the modulus. */
const shortestSignatureBytes = smallestModulusBits / 8;

/** What to do about an error of KMS, by its name. */
const remedies: Partial<Record<string, string>> = {
  AccessDeniedException: "Allow this run's AWS identity kms:Sign on the key, in its own policy or the key's.",
  NotFoundException: "Check tenants:kmsKeyId, its account and its region.",
  DisabledException: "Enable it (aws kms enable-key).",
  KMSInvalidStateException: "Enable it, or cancel its deletion (aws kms cancel-key-deletion).",
};

const otherwise =
  "This needs an asymmetric key with the spec RSA_2048, RSA_3072 or RSA_4096 and the usage SIGN_VERIFY, and the permission kms:Sign on it.";

/**
 * Creates client assertions (RS256) that a key in AWS KMS signs. KMS is called when an assertion is needed, and only
 * for the signature: the only permission needed is kms:Sign.
 *
 * @param keyId id or ARN of the key, or `alias/…` or the alias's ARN; an ARN's region takes precedence over the run's
 * @throws (the signer) {@link TenantManagementError} `INPUT_INVALID` with the key and what to do
 * @see {@link https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html AWS KMS, Sign}
 */
export function kmsSigner(keyId: string, aws: Aws): AssertionSigner {
  return remoteSigner("RS256", async (bytes) => {
    const signature = await signInKms(keyId, aws, bytes);
    if (signature.length < shortestSignatureBytes) throw refusal(keyId, "the key is too short", otherwise);
    return signature;
  });
}

async function signInKms(keyId: string, aws: Aws, bytes: Buffer): Promise<Uint8Array> {
  const { KMSClient, SignCommand } = await import("@aws-sdk/client-kms");
  const client = aws.open(KMSClient, "kms", { region: keyId.split(":")[3] });
  try {
    const { Signature } = await client.send(
      new SignCommand({
        KeyId: keyId,
        Message: bytes,
        // KMS accepts up to 4096 bytes in this form; an assertion has about 400.
        MessageType: "RAW",
        SigningAlgorithm: "RSASSA_PKCS1_V1_5_SHA_256",
      }),
    );
    if (Signature === undefined) throw new Error("its answer contains no signature");
    return Signature;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    throw refusal(keyId, `${name}: ${messageOf(error)}`, remedies[name] ?? otherwise, error);
  } finally {
    client.destroy();
  }
}

function refusal(keyId: string, why: string, remedy: string, cause?: unknown): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `The organization's key in AWS KMS (tenants:kmsKeyId, ${keyId}) did not sign: ${why.replace(/\.$/, "")}. Nothing was sent to the vendor. ${remedy}`,
    { cause },
  );
}
