import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";

import { exportJWK, generateKeyPair } from "jose";
import { planMade } from "resistant-tenants-service/actions/planned";
import { createApp } from "resistant-tenants-service/app";
import { EventFeed } from "resistant-tenants-service/http/event-feed";
import { openLog } from "resistant-tenants-service/http/log";
import { openMetrics } from "resistant-tenants-service/http/metrics";
import { UnknownCallers } from "resistant-tenants-service/http/refusals";
import type { App, WebContext } from "resistant-tenants-service/http/web-context";
import { openIssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import { openLogIn } from "resistant-tenants-service/identity/log-in";
import { openApprovalKeys } from "resistant-tenants-service/signing/keys";

import { ApiClient } from "../../../sandbox/service/client";
import {
  type IdentityProvider,
  newIdentityState,
  startIdentityProvider,
} from "../../../sandbox/service/identity";
import { readPeople } from "../../../sandbox/service/people";
import {
  type DatabaseServer,
  makeService,
  planOf,
  startDatabaseServer,
  submitAs,
  type TestDatabase,
  type TestService,
} from "../records/service";

/** The HTTP side of the service on a database of its own, with the sandbox's identity provider and no worker. */
export interface HttpService {
  readonly url: string;
  readonly app: App;
  readonly context: WebContext;
  readonly database: TestDatabase;
  /** Its use cases, without HTTP. */
  readonly testService: TestService;
  readonly identity: IdentityProvider;
  /** What the web process has logged. */
  readonly log: () => string;
  readonly token: (username: string, authAge?: number) => Promise<string>;
  readonly as: (username: string, authAge?: number) => Promise<ApiClient>;
  readonly machine: () => Promise<ApiClient>;
  /** Does what the worker does when it has made a plan. */
  readonly plan: (requestId: string, content: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** @param peopleFile more accounts than those of every start: see `npm run service -- --people` */
export async function startHttpService(server: DatabaseServer, peopleFile?: string): Promise<HttpService> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const accounts = await readPeople(peopleFile);
  const identity = await startIdentityProvider({
    accounts,
    state: await newIdentityState(),
    port: 0,
    audience: "urn:test:api",
    redirectUri: `${url}/callback`,
  });
  const service = await makeService(server);
  const { issuer, web } = identity;
  const settings = {
    ...service.context.settings,
    url,
    identity: {
      ...service.context.settings.identity,
      issuer,
      clientId: web.clientId,
      audience: identity.machine.resource,
    },
  };
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const key = JSON.stringify(await exportJWK(privateKey));
  const issuerFetch = openIssuerFetch({});
  const approvals = openApprovalKeys(settings, { SERVICE_APPROVAL_KEY: key }, issuerFetch);
  const output = new PassThrough();
  let logged = "";
  output.on("data", (chunk: Buffer) => {
    logged += chunk.toString();
  });
  const base = { ...service.context, settings, approvals };
  const context: WebContext = {
    ...base,
    logIn: openLogIn(settings, {
      clientSecret: web.clientSecret,
      sealingKey: randomBytes(32),
      issuerFetch,
    }),
    log: openLog(output, base.now),
    metrics: openMetrics(base.database),
    feed: new EventFeed(base),
    unknownCallers: new UnknownCallers(),
  };
  const app = await createApp(context);
  await app.listen({ host: "127.0.0.1", port: Number(new URL(url).port) });
  const token = async (username: string, authAge = 0): Promise<string> => {
    const password = accounts.find((one) => one.username === username)?.password ?? "";
    const form = new URLSearchParams({ username, password, auth_age: String(authAge) });
    const answer = await fetch(identity.peopleTokenUrl, { method: "POST", body: form });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return {
    url,
    app,
    context,
    database: service.database,
    // What is asked for is signed with the keys of this service.
    testService: { ...service, context, submit: (caller, asked) => submitAs(context, caller, asked) },
    identity,
    log: () => logged,
    token,
    as: async (username, authAge) => new ApiClient(url, await token(username, authAge)),
    machine: async () => new ApiClient(url, await machineToken(identity)),
    plan: async (requestId, content) => {
      const plan = planOf(content);
      await planMade(context, requestId, plan);
      return plan.digest;
    },
    close: async () => {
      await app.close();
      await identity.close();
      await service.close();
    },
  };
}

export async function machineToken({ issuer, machine }: IdentityProvider): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: machine.clientId,
      client_secret: machine.clientSecret,
      resource: machine.resource,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A request for a new customer, with a name of its own. */
export function newTenant(more: Record<string, unknown> = {}): Record<string, unknown> {
  const name = `c${randomUUID().replaceAll("-", "").slice(0, 20)}`;
  return {
    kind: "createCustomer",
    stage: "production",
    reason: "A signed contract",
    customer: { name, customerId: "CRM-1", cells: ["eu-1"] },
    ...more,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Has the tests of a suite share a service, on a database server of its own; gives it once they run. */
export function useHttpService(peopleFile?: () => Promise<string>): () => HttpService {
  let server: DatabaseServer | undefined;
  let service: HttpService | undefined;
  before(async () => {
    server = await startDatabaseServer();
    service = await startHttpService(server, await peopleFile?.());
  });
  after(async () => {
    await service?.close();
    await server?.close();
  });
  return () => {
    if (service === undefined) throw new Error("The service is started before the tests.");
    return service;
  };
}
