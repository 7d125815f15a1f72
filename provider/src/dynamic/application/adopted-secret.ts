import { createPublicKey, type KeyObject } from "node:crypto";

import { z } from "zod";

import type { ApplicationCredentials } from "../../client/application-credentials";
import type { AuthMethod } from "../../client/auth-methods";
import { hasKey } from "../../client/auth-methods";
import { messageOf, TenantManagementError } from "../../client/errors";
import { parseJson } from "../../client/json";
import { readPrivateKey } from "../../client/pem";
import { parsePublicKey } from "../../client/public-key";

/** What a secret says of the application whose credentials it holds, as far as it does. */
const valueSchema = z.object({
  tenant_id: z.string().optional(),
  application_id: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().min(1).optional(),
  private_key: z.string().min(1).optional(),
  key_id: z.string().min(1).optional(),
});

/** What was read from a secret: whose it says it is, and the credentials themselves. */
export type AdoptedSecret = z.output<typeof valueSchema>;

/**
 * Reads the value of a secret that somebody else filled: JSON as this project stores it (`client_secret`, or
 * `private_key` and `key_id`), or the client secret or the private key (PEM) as it is.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the secret's ARN, and nothing of its value
 */
export function readAdoptedSecret(value: string, arn: string): AdoptedSecret {
  const text = value.trim();
  if (/PRIVATE KEY/.test(text) && !text.startsWith("{")) return { private_key: text };
  if (!text.startsWith("{")) return text === "" ? {} : { client_secret: text };
  const read = valueSchema.safeParse(parseJson(text));
  if (read.success) return read.data;
  // Only the paths: a message of zod's may repeat a value.
  const paths = read.error.issues.map(({ path }) => path.join(".")).filter((path) => path !== "");
  throw unusable(
    arn,
    paths.length === 0
      ? "is no JSON, though it begins as such"
      : `is not as it should be, at: ${paths.join(", ")}`,
  );
}

/**
 * Gives the credentials in a secret, for the authentication method that is declared.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` where it holds none for it
 */
export async function toCredentials(
  { client_secret: clientSecret, private_key: pem, key_id: keyId }: AdoptedSecret,
  authMethod: AuthMethod,
  arn: string,
): Promise<ApplicationCredentials> {
  if (!hasKey(authMethod)) {
    if (clientSecret !== undefined) return { type: authMethod, clientSecret };
    throw unusable(arn, "holds no client secret: it must be its value, or JSON with client_secret");
  }
  if (pem === undefined) {
    throw unusable(
      arn,
      "holds no private key: it must be its value (PEM), or JSON with private_key and key_id",
    );
  }
  const privateKey = privateKeyIn(pem, arn);
  const { numbers, thumbprint } = await parsePublicKey(publicHalf(privateKey)).catch((error: unknown) => {
    throw unusable(arn, `holds a private key that ${messageOf(error)}`);
  });
  if (numbers.type === authMethod) return { type: authMethod, privateKey, keyId: keyId ?? thumbprint };
  throw unusable(arn, `holds a key of type ${numbers.type}, and authMethod is ${authMethod}`);
}

/** Gives the public half of a private key: PEM, SPKI. */
export function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}

function privateKeyIn(pem: string, arn: string): KeyObject {
  try {
    return readPrivateKey(pem);
  } catch (error) {
    throw unusable(arn, `holds a private key that cannot be read: it ${messageOf(error)}`);
  }
}

function unusable(arn: string, why: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `The value of the secret ${arn} ${why}. Nothing was adopted.`,
  );
}
