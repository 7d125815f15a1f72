import { randomUUID } from "node:crypto";

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { importPKCS8, SignJWT } from "jose";

/** What a stored secret holds for its client. */
export interface StoredSecret {
  client_id: string;
  auth_method: "CLIENT_SECRET" | "RSA" | "EC";
  client_secret?: string; // CLIENT_SECRET
  private_key?: string; // RSA and EC: PEM (PKCS#8)
  key_id?: string; // RSA and EC
  alg?: "RS256" | "ES256"; // RSA and EC
  token_url: string;
  documents_api_url: string;
  scopes: string[];
}

const secretsManager = new SecretsManagerClient();

export async function readSecret(secretArn: string): Promise<StoredSecret> {
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return JSON.parse(SecretString ?? "") as StoredSecret;
}

interface TokenAnswer {
  access_token?: string;
  expires_in?: number; // seconds
  error?: string;
}

/** Renew a token this long before it expires. */
const marginMs = 60_000;

/** Gets access tokens and caches them. Create one per secret and share it: `new DocumentsToken(() => readSecret(arn))`. */
export class DocumentsToken {
  #secret?: StoredSecret;
  #token?: { value: string; renewAtMs: number } | undefined;
  #renewal?: Promise<string> | undefined;

  readonly #readSecret: () => Promise<StoredSecret>;
  readonly #clientSecretIn: "body" | "header";

  constructor(readSecret: () => Promise<StoredSecret>, clientSecretIn: "body" | "header" = "body") {
    this.#readSecret = readSecret;
    this.#clientSecretIn = clientSecretIn;
  }

  /** Returns the cached token, or a new one. Callers at the same time share one request. */
  get(): Promise<string> {
    if (this.#token && Date.now() < this.#token.renewAtMs) return Promise.resolve(this.#token.value);
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** Forgets a token that the Documents API answered with 401. */
  drop(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const askedAtMs = Date.now();
    this.#secret ??= await this.#readSecret();
    let answer = await this.#request(this.#secret);
    if (answer.error === "invalid_client") {
      // A rotation has ended this credential: read the secret again, once.
      this.#secret = await this.#readSecret();
      answer = await this.#request(this.#secret);
    }
    if (!answer.access_token)
      throw new Error(`No token for ${this.#secret.client_id}: ${answer.error ?? "no access_token"}`);
    const lifetimeMs = (answer.expires_in ?? 0) * 1000;
    this.#token = { value: answer.access_token, renewAtMs: askedAtMs + lifetimeMs - marginMs };
    return answer.access_token;
  }

  async #request(secret: StoredSecret): Promise<TokenAnswer> {
    const form = new URLSearchParams({ grant_type: "client_credentials", scope: secret.scopes.join(" ") });
    const headers: Record<string, string> = {};
    if (secret.auth_method !== "CLIENT_SECRET") {
      form.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      form.set("client_assertion", await signAssertion(secret));
    } else if (this.#clientSecretIn === "body") {
      form.set("client_id", secret.client_id);
      form.set("client_secret", secret.client_secret ?? "");
    } else {
      const pair = [secret.client_id, secret.client_secret ?? ""].map(encodeURIComponent).join(":");
      headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    }
    const response = await fetch(secret.token_url, {
      method: "POST",
      headers,
      body: form,
      redirect: "error",
      signal: AbortSignal.timeout(10_000),
    });
    const noJson = { error: `HTTP ${response.status}` };
    return (await response.json().catch(() => noJson)) as TokenAnswer;
  }
}

async function signAssertion({
  client_id,
  token_url,
  private_key,
  key_id,
  alg,
}: StoredSecret): Promise<string> {
  if (!private_key || !key_id || !alg) throw new Error("The secret holds no private key: add your own.");
  return new SignJWT()
    .setProtectedHeader({ alg, kid: key_id })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(token_url)
    .setIssuedAt()
    .setExpirationTime("5 minutes")
    .setJti(randomUUID())
    .sign(await importPKCS8(private_key, alg));
}
