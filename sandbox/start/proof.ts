import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { importPKCS8 } from "jose";
import * as oauth from "oauth4webapi";
import { z } from "zod";

import { reasonOf, SandboxError } from "../errors";
import type { ProvisionedApplication } from "./stack-outputs";

const common = {
  tenant_id: z.string(),
  application_id: z.string(),
  client_id: z.string(),
  token_url: z.url(),
  scopes: z.array(z.string()).min(1),
};
const signing = { private_key: z.string(), key_id: z.string() };

/** The fields of a stored secret with which a client of the Documents API gets a token. */
const storedSecret = z.discriminatedUnion("auth_method", [
  z.object({ ...common, auth_method: z.literal("CLIENT_SECRET"), client_secret: z.string() }),
  z.object({ ...common, auth_method: z.literal("RSA"), ...signing, alg: z.literal("RS256") }),
  z.object({ ...common, auth_method: z.literal("EC"), ...signing, alg: z.literal("ES256") }),
]);
type StoredSecret = z.infer<typeof storedSecret>;

/** An authorization server's response for a stored secret, without the token. */
export interface GrantedToken {
  readonly method: "client_secret_basic" | "private_key_jwt";
  readonly scopes: readonly string[];
  /** In seconds. */
  readonly expiresIn: number | undefined;
}

/**
 * Reads an application's secret from Secrets Manager and gets a token with exactly its contents.
 *
 * @throws SandboxError `PROOF_FAILED`; its message contains nothing of the secret.
 */
export async function proveSecret(
  client: SecretsManagerClient,
  application: ProvisionedApplication,
): Promise<GrantedToken> {
  try {
    const { SecretString } = await client.send(
      new GetSecretValueCommand({ SecretId: application.secretArn }),
    );
    const stored = parseStored(parseJson(SecretString ?? ""));
    assertSame(stored, application);
    return await proveToken(stored);
  } catch (error) {
    const message = `${application.secretName}: ${reasonOf(error)}`;
    throw new SandboxError("PROOF_FAILED", message, { cause: error });
  }
}

/**
 * Gets a token with the value of a stored secret, at the token URL in it.
 *
 * @throws SandboxError `PROOF_FAILED`; its message contains nothing of the secret.
 */
export async function proveToken(value: unknown): Promise<GrantedToken> {
  const stored = parseStored(value);
  try {
    return await requestToken(stored);
  } catch (error) {
    const message = `no token from ${stored.token_url} (${reasonOf(error)})`;
    throw new SandboxError("PROOF_FAILED", message, { cause: error });
  }
}

function parseStored(value: unknown): StoredSecret {
  const stored = storedSecret.safeParse(value);
  if (stored.success) return stored.data;
  // Only the paths: a message of zod's may repeat a value.
  const paths = stored.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new SandboxError("PROOF_FAILED", `the secret is not as promised, at: ${paths || "its root"}`);
}

function assertSame(stored: StoredSecret, application: ProvisionedApplication): void {
  const expected = {
    tenant_id: application.tenantId,
    application_id: application.applicationId,
    client_id: application.clientId,
    auth_method: application.authMethod,
  };
  const differing = Object.entries(expected).filter(
    ([key, value]) => stored[key as keyof typeof expected] !== value,
  );
  if (differing.length === 0) return;
  const keys = differing.map(([key]) => key).join(", ");
  throw new SandboxError("PROOF_FAILED", `the secret and the stack's outputs differ in ${keys}`);
}

async function requestToken(stored: StoredSecret): Promise<GrantedToken> {
  const url = new URL(stored.token_url);
  const server = { issuer: url.origin, token_endpoint: url.href };
  const client = { client_id: stored.client_id };
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    await toClientAuth(stored),
    new URLSearchParams({ scope: stored.scopes.join(" ") }),
    {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out: loopback only
      [oauth.allowInsecureRequests]: url.protocol === "http:" && url.hostname === "127.0.0.1",
      signal: AbortSignal.timeout(10_000),
    },
  );
  const token = await oauth.processClientCredentialsResponse(server, client, response);
  const scopes = token.scope?.split(" ") ?? stored.scopes;
  const missing = stored.scopes.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) throw new Error(`the token lacks ${missing.join(" and ")}`);
  const method = stored.auth_method === "CLIENT_SECRET" ? "client_secret_basic" : "private_key_jwt";
  return { method, scopes, expiresIn: token.expires_in };
}

async function toClientAuth(stored: StoredSecret): Promise<oauth.ClientAuth> {
  if (stored.auth_method === "CLIENT_SECRET") return oauth.ClientSecretBasic(stored.client_secret);
  const key = await importPKCS8(stored.private_key, stored.alg);
  return oauth.PrivateKeyJwt(
    { key, kid: stored.key_id },
    {
      // The vendor's authorization servers expect their token URL here.
      [oauth.modifyAssertion]: (_header, payload) => {
        payload["aud"] = stored.token_url;
      },
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
