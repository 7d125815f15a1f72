import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from "node:crypto";

import { type JWTPayload, SignJWT } from "jose";
import { z } from "zod";

import { type StartOptions, startTenantManagement, type TenantManagementSandbox } from "../../../sandbox/api";

export const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
export const allScopes = "tenants.read tenants.write tenants.applications.read tenants.applications.write";
export const bothDocumentsScopes = ["documents.submissions.read", "documents.submissions.write"];

/** What came back of a request. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined where it is none. */
  json: unknown;
}

export async function send(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Starts a sandbox before the tests of a suite and closes it after them.
 *
 * @param sleep how it waits for a latency; default: in real time
 */
export function useSandbox(
  options: StartOptions = {},
  sleep?: (delayMs: number) => Promise<void>,
): () => TenantManagementSandbox {
  let sandbox: TenantManagementSandbox | undefined;
  before(async () => {
    sandbox = await startTenantManagement(options, sleep);
  });
  after(async () => {
    await sandbox?.close();
  });
  return () => {
    if (sandbox === undefined) {
      throw new Error("the sandbox is used outside of a test");
    }
    return sandbox;
  };
}

/** How an assertion differs from a valid one. A claim that is undefined is left out. */
export interface AssertionChange {
  claims?: JWTPayload;
  alg?: string;
  kid?: string;
  key?: KeyObject;
}

/** Signs a client assertion that is valid but for what is changed. */
export function signAssertion(
  tokenUrl: string,
  clientId: string,
  privateKeyPem: string,
  { claims, alg = "RS256", kid, key }: AssertionChange = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: clientId,
    sub: clientId,
    aud: tokenUrl,
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key ?? createPrivateKey(privateKeyPem));
}

/** Makes the form of a token request that is valid but for what is changed. */
export function tokenForm(
  assertion: string,
  change: Record<string, string | undefined> = {},
): URLSearchParams {
  const form: Record<string, string | undefined> = {
    grant_type: "client_credentials",
    client_assertion_type: assertionType,
    client_assertion: assertion,
    scope: allScopes,
    ...change,
  };
  return new URLSearchParams(
    Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Asks the organization's authorization server for a token. */
export async function requestToken(
  sandbox: Pick<TenantManagementSandbox, "tokenUrl" | "clientId" | "privateKeyPem">,
  change: AssertionChange & { form?: Record<string, string | undefined> } = {},
): Promise<Reply> {
  const assertion = await signAssertion(sandbox.tokenUrl, sandbox.clientId, sandbox.privateKeyPem, change);
  return send(sandbox.tokenUrl, { method: "POST", body: tokenForm(assertion, change.form) });
}

const tokenSchema = z.object({ access_token: z.string(), scope: z.string(), expires_in: z.number() });

/** Gets an access token for the organization. */
export async function accessToken(sandbox: TenantManagementSandbox, scope = allScopes): Promise<string> {
  const { json } = await requestToken(sandbox, { form: { scope } });
  return tokenSchema.parse(json).access_token;
}

/** Calls the API with one token for all calls. `body` is sent as it is if it is a text. */
export type Api = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

export async function apiOf(sandbox: TenantManagementSandbox, scope?: string): Promise<Api> {
  const authorization = `Bearer ${await accessToken(sandbox, scope)}`;
  return (method, path, body, headers = {}) =>
    send(sandbox.apiUrl + path, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
}

export const tenantSchema = z.object({ id: z.string(), name: z.string(), cells: z.array(z.string()) });
export const pageSchema = z.object({
  items: z.array(tenantSchema),
  _links: z.object({ next: z.object({ href: z.string() }).optional() }),
});
export const applicationSchema = z.object({
  id: z.string(),
  client_id: z.string(),
  auth_server: z.string(),
  scopes: z.array(z.string()),
  credentials: z.record(z.string(), z.string()).optional(),
  _links: z.object({ token_url: z.string() }).optional(),
});
export type ApplicationResponse = z.output<typeof applicationSchema>;

let made = 0;

/** Makes a tenant with a name of its own and gives its id. */
export async function makeTenant(api: Api, cells?: string[]): Promise<string> {
  made += 1;
  const { json } = await api("POST", "/tenants", { name: `customer${made}`, cells });
  return tenantSchema.parse(json).id;
}

/** Makes an application in a new tenant. `authMethod` may be the text of its JSON. */
export async function makeApplication(
  api: Api,
  authMethod: object | string = { type: "CLIENT_SECRET" },
  scopes: string[] = bothDocumentsScopes,
): Promise<{ tenantId: string; path: string; reply: Reply; application: ApplicationResponse }> {
  const tenantId = await makeTenant(api);
  const reply = await api("POST", `/tenants/${tenantId}/applications`, applicationBody(authMethod, scopes));
  const application = applicationSchema.parse(reply.json);
  return { tenantId, path: `/tenants/${tenantId}/applications/${application.id}`, reply, application };
}

/** Writes the body that creates an application, around the JSON text of its `auth_method`. */
export function applicationBody(authMethod: object | string, scopes: string[] = bothDocumentsScopes): string {
  const text = typeof authMethod === "string" ? authMethod : JSON.stringify(authMethod);
  return `{"cell": "eu-1", "scopes": ${JSON.stringify(scopes)}, "auth_method": ${text}}`;
}

/** A key pair and the text of the `auth_method` that registers it, its integers written out. */
export interface RegisteredPair {
  privateKeyPem: string;
  integers: Record<string, bigint>;
  authMethod: string;
}

export function rsaPair(modulusLength: number, kid = "rsa-key"): RegisteredPair {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const n = integerOf(publicKey, "n");
  return {
    privateKeyPem: pemOf(privateKey),
    integers: { n },
    authMethod: `{"type": "RSA", "alg": "RS256", "kid": "${kid}", "e": 65537, "n": ${n.toString()}}`,
  };
}

export function ecPair(kid = "ec-key"): RegisteredPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const [x, y] = [integerOf(publicKey, "x"), integerOf(publicKey, "y")];
  return {
    privateKeyPem: pemOf(privateKey),
    integers: { x, y },
    authMethod: `{"type": "EC", "alg": "ES256", "kid": "${kid}", "x": ${x.toString()}, "y": ${y.toString()}}`,
  };
}

function integerOf(key: KeyObject, member: "n" | "x" | "y"): bigint {
  const encoded = key.export({ format: "jwk" })[member];
  return BigInt(`0x${Buffer.from(encoded ?? "", "base64url").toString("hex")}`);
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Gives the public half of a private key, PEM (SPKI). */
export function publicPemOf(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString();
}
