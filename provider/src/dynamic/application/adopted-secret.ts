import { createPublicKey, type KeyObject } from "node:crypto";

import { z } from "zod";

import type { ApplicationCredentials } from "../../client/application-credentials";
import { type AuthMethod, hasKey } from "../../client/auth-methods";
import { TenantManagementError } from "../../client/errors";
import { parseJson } from "../../client/json";
import { holdsPrivateKey, readPrivateKey } from "../../client/pem";
import { parsePublicKey } from "../../client/public-key";
import { noteCredential } from "../../client/redaction";
import { messageOf } from "../../client/text";

/** The fields of a secret that identify the application, as far as present. */
const valueSchema = z.object({
  tenant_id: z.string().optional(),
  application_id: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().min(1).optional(),
  private_key: z.string().min(1).optional(),
  key_id: z.string().min(1).optional(),
});

/** The content of a secret: the ids in it, and the credentials. */
export type AdoptedSecret = z.output<typeof valueSchema>;

/**
 * Parses the value of a secret that someone else filled: JSON as this project stores it (`client_secret`, or
 * `private_key` and `key_id`), or a bare client secret or private key (PEM or its base64). Later messages of this process
 * leave out its credentials.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the secret's ARN, and no part of its value
 */
export function readAdoptedSecret(value: string, arn: string): AdoptedSecret {
  const secret = parseSecret(textOf(value), arn);
  for (const credential of [secret.client_secret, secret.private_key])
    if (credential !== undefined) noteCredential(credential);
  return secret;
}

function parseSecret(text: string, arn: string): AdoptedSecret {
  if (!text.startsWith("{") && isPrivateKey(text)) return { private_key: text };
  if (!text.startsWith("{")) return text === "" ? {} : { client_secret: text };
  const read = valueSchema.safeParse(parseJson(text));
  if (read.success) return read.data;
  // Only the paths: a message of zod's may repeat a value.
  const paths = read.error.issues.map(({ path }) => path.join(".")).filter((path) => path !== "");
  throw unusable(
    arn,
    paths.length === 0 ? "begins as JSON but is not valid JSON" : `is not valid at: ${paths.join(", ")}`,
  );
}

/** Returns whether a text is a private key, even a damaged one. */
function isPrivateKey(text: string): boolean {
  if (/PRIVATE KEY/.test(text)) return true;
  try {
    readPrivateKey(text);
    return true;
  } catch {
    return holdsPrivateKey(text);
  }
}

/** Some tools store a text as JSON: in quotes. */
function textOf(value: string): string {
  const text = value.trim();
  const inside = text.startsWith('"') ? parseJson(text) : undefined;
  return typeof inside === "string" ? inside.trim() : text;
}

/**
 * Returns the credentials in a secret for the declared authentication method.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` if it contains none for it
 */
export async function toCredentials(
  { client_secret: clientSecret, private_key: pem, key_id: keyId }: AdoptedSecret,
  authMethod: AuthMethod,
  arn: string,
): Promise<ApplicationCredentials> {
  if (!hasKey(authMethod)) {
    if (clientSecret !== undefined) return { type: authMethod, clientSecret };
    throw unusable(
      arn,
      "contains no client secret: it must be the client secret itself, or JSON with client_secret",
    );
  }
  if (pem === undefined) {
    throw unusable(
      arn,
      "contains no private key: it must be the private key itself (PEM), or JSON with private_key and key_id",
    );
  }
  const privateKey = privateKeyIn(pem, arn);
  const { numbers, thumbprint } = await parsePublicKey(publicHalf(privateKey)).catch((error: unknown) => {
    throw unusable(arn, `contains a private key that ${messageOf(error)}`);
  });
  if (numbers.type === authMethod) return { type: authMethod, privateKey, keyId: keyId ?? thumbprint };
  throw unusable(arn, `contains a key of type ${numbers.type}, but authMethod is ${authMethod}`);
}

/** Returns the public half of a private key: PEM, SPKI. */
export function publicHalf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}

function privateKeyIn(pem: string, arn: string): KeyObject {
  try {
    return readPrivateKey(pem);
  } catch (error) {
    throw unusable(arn, `contains a private key that cannot be read: it ${messageOf(error)}`);
  }
}

function unusable(arn: string, why: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `The value of the secret ${arn} ${why}. Nothing was adopted.`,
  );
}
