import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import Provider, { type Configuration } from "oidc-provider";

import { MemoryAdapter } from "./memory-adapter";
import type { Account } from "./people";
import { escapeHtml, readForm, sendHtml, sendJson } from "./plain-http";

/** The provider's data across restarts: its keys and its clients' secrets. */
export interface IdentityState {
  readonly key: JWK;
  readonly cookieKey: string;
  readonly machineSecret: string;
  readonly webSecret: string;
}

/** A running OpenID Connect provider with the people of the sandbox. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Issues access tokens for a username and a password. It exists only in the sandbox. */
  readonly peopleTokenUrl: string;
  readonly machine: { readonly clientId: string; readonly clientSecret: string; readonly resource: string };
  readonly web: { readonly clientId: string; readonly clientSecret: string };
  close(): Promise<void>;
}

export interface IdentityOptions {
  readonly accounts: readonly Account[];
  readonly state: IdentityState;
  /** 0 for a free one. */
  readonly port: number;
  /** The `aud` of access tokens. */
  readonly audience: string;
  /** The redirect URI of the web page's log-in. */
  readonly redirectUri: string;
}

const machineId = "provisioning-machine";
const webId = "provisioning-web";
const scopes = ["openid", "profile", "email"];
const tokenSeconds = 60 * 60;

/** Creates the provider's data. */
export async function newIdentityState(): Promise<IdentityState> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const secret = (): string => randomBytes(32).toString("base64url");
  const key = { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: randomUUID() };
  return { key, cookieKey: secret(), machineSecret: secret(), webSecret: secret() };
}

/** Starts the provider on loopback; resolves when it responds. */
export async function startIdentityProvider(options: IdentityOptions): Promise<IdentityProvider> {
  const { state, audience } = options;
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.writeHead(503).end();
  };
  const server = createServer((request, response) => {
    handle(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration(options));
  const context = { provider, issuer, options };
  const serve = provider.callback();
  handle = (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    const own = ownRoute(url.pathname, context);
    if (own === undefined) {
      void serve(request, response);
      return;
    }
    own(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  };
  return {
    issuer,
    peopleTokenUrl: `${issuer}/people/token`,
    machine: { clientId: machineId, clientSecret: state.machineSecret, resource: audience },
    web: { clientId: webId, clientSecret: state.webSecret },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function configuration({ accounts, state, audience, redirectUri }: IdentityOptions): Configuration {
  return {
    adapter: MemoryAdapter,
    jwks: { keys: [state.key] },
    cookies: { keys: [state.cookieKey] },
    clients: [
      {
        client_id: machineId,
        client_secret: state.machineSecret,
        grant_types: ["client_credentials"],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        client_id: webId,
        client_secret: state.webSecret,
        grant_types: ["authorization_code"],
        response_types: ["code"],
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL("/", redirectUri).href],
        token_endpoint_auth_method: "client_secret_basic",
        require_auth_time: true,
      },
    ],
    scopes: ["openid", "profile", "email"],
    claims: {
      openid: ["sub"],
      profile: ["name", "roles", "groups", "employee_number"],
      email: ["email"],
    },
    // The service identifies people by the ID token alone.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.type = "html";
          ctx.body = `<!doctype html><html lang=en><meta charset=utf-8><title>Log out (sandbox)</title>
<main><h1>Log out of the sandbox</h1>${form}
<p><button form="op.logoutForm" name=logout value=yes autofocus>Log out</button>
<button form="op.logoutForm">Stay logged in</button></main></html>`;
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client.clientId === machineId ? audience : []),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "",
          audience,
          accessTokenFormat: "jwt",
          accessTokenTTL: tokenSeconds,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) =>
      token.clientId === machineId ? { roles: ["requester"], name: "The machine client" } : undefined,
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => {
      const account = accounts.find(({ username }) => username === sub);
      return account && { accountId: sub, claims: () => claimsOf(account) };
    },
    loadExistingGrant: async (ctx) => {
      // No one is asked for consent: the only client that logs people in is the service itself.
      const { client, session } = ctx.oidc;
      if (client?.clientId !== webId || !session?.accountId) return undefined;
      const grant = new ctx.oidc.provider.Grant({ clientId: webId, accountId: session.accountId });
      grant.addOIDCScope(scopes.join(" "));
      await grant.save();
      return grant;
    },
    ttl: {
      Session: 8 * 60 * 60,
      Grant: 8 * 60 * 60,
      Interaction: 60 * 60,
      IdToken: tokenSeconds,
      AccessToken: tokenSeconds,
      ClientCredentials: tokenSeconds,
    },
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = `<!doctype html><title>Log in</title><p>${escapeHtml(out.error_description ?? out.error)}</p>`;
    },
  };
}

function claimsOf(account: Account): { sub: string } & Record<string, unknown> {
  const { username, name, email, roles, groups, employeeNumber } = account;
  return {
    sub: username,
    name,
    email,
    roles,
    groups,
    ...(employeeNumber === undefined ? {} : { employee_number: employeeNumber }),
  };
}

interface Context {
  readonly provider: Provider;
  readonly issuer: string;
  readonly options: IdentityOptions;
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function ownRoute(pathname: string, context: Context): Route | undefined {
  if (pathname === "/people/token") return (request, response) => givePeopleToken(request, response, context);
  if (pathname.startsWith("/interaction/")) {
    return (request, response) => interact(request, response, context);
  }
  if (pathname === "/token") return (request, response) => acceptBothMethods(request, response, context);
  return undefined;
}

function accountOf(form: URLSearchParams, { options }: Context): Account | undefined {
  const [username, password] = [form.get("username"), form.get("password")];
  return options.accounts.find((account) => account.username === username && account.password === password);
}

/** Responds with an access token of a person, as if that person had logged in `auth_age` seconds ago. */
async function givePeopleToken(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const { issuer, options } = context;
  const form = await readForm(request);
  const account = request.method === "POST" ? accountOf(form, context) : undefined;
  const age = Number(form.get("auth_age") ?? "0");
  if (account === undefined || !Number.isFinite(age) || age < 0) {
    sendJson(response, 400, {
      error: account === undefined ? "invalid_grant" : "invalid_request",
      error_description:
        account === undefined
          ? "POST a form with the username and the password of somebody who is there."
          : "auth_age must be a number of seconds.",
    });
    return;
  }
  const now = Math.floor(Date.now() / 1_000);
  const { sub, ...claims } = claimsOf(account);
  const token = await new SignJWT({ ...claims, client_id: webId, auth_time: now - Math.floor(age) })
    .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: options.state.key.kid ?? "" })
    .setIssuer(issuer)
    .setSubject(sub)
    .setAudience(options.audience)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + tokenSeconds)
    .sign(await importJWK(options.state.key, "RS256"));
  sendJson(response, 200, { access_token: token, token_type: "Bearer", expires_in: tokenSeconds });
}

/** The page on which people log in. */
async function interact(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { uid, params, prompt } = await context.provider.interactionDetails(request, response);
  const form = request.method === "POST" ? await readForm(request) : undefined;
  const account = form && accountOf(form, context);
  if (account !== undefined) {
    const login = { accountId: account.username, remember: false, ts: Math.floor(Date.now() / 1_000) };
    await context.provider.interactionFinished(request, response, { login });
    return;
  }
  const why = prompt.reasons.includes("max_age") || params["max_age"] === 0 ? "again " : "";
  const wrong = form === undefined ? "" : "<p role=alert>The username or the password is wrong.</p>";
  sendHtml(
    response,
    form === undefined ? 200 : 401,
    `<!doctype html><html lang=en><meta charset=utf-8><title>Log in (sandbox)</title>
<main><h1>Log in ${why}to the sandbox</h1>${wrong}
<form method=post action="/interaction/${escapeHtml(uid)}">
<p><label>Username <input name=username autocomplete=username required autofocus></label>
<p><label>Password <input name=password type=password autocomplete=current-password required></label>
<p><button>Log in</button></form></main></html>`,
  );
}

/** Lets a client send its secret in the form as well as by Basic authentication. */
async function acceptBothMethods(
  request: IncomingMessage,
  response: ServerResponse,
  { provider }: Context,
): Promise<void> {
  const form = await readForm(request);
  const [id, secret] = [form.get("client_id"), form.get("client_secret")];
  if (id !== null && secret !== null && request.headers.authorization === undefined) {
    const basic = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    request.headers.authorization = `Basic ${Buffer.from(basic).toString("base64")}`;
    form.delete("client_secret");
    form.delete("client_id");
  }
  const body = Buffer.from(form.toString());
  request.headers["content-length"] = String(body.length);
  const { headers, method, url, socket, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  const again = { headers, method, url, socket, httpVersion, httpVersionMajor, httpVersionMinor };
  const replayed = Object.assign(Readable.from([body], { objectMode: false }), again);
  await provider.callback()(replayed as unknown as IncomingMessage, response);
}
