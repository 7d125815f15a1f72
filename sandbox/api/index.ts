import { setTimeout as delay } from "node:timers/promises";

import { applicationAuthorizationServer, organizationAuthorizationServer } from "./authorization-server";
import { type Cell, cellsOf } from "./cells";
import { apiRoot, Contract } from "./contract";
import { type Control, createControl } from "./control";
import { controlRoot } from "./control-endpoint";
import type { Sleep } from "./exchange";
import { FaultPlan } from "./faults";
import { Journal } from "./journal";
import { readKept, writeKept } from "./kept";
import { OrganizationClient } from "./organization";
import { RateLimiter } from "./rate-limit";
import { toTokenUrl } from "./representations";
import { createServer } from "./server";
import { applyChange, optionsSchema, type StartOptions } from "./settings";
import { TenantManagement } from "./tenant-management";
import { Tenants } from "./tenants";
import { AccessTokens } from "./tokens";

export type { Cell, Stage } from "./cells";
export type { ApplicationRecord, Control, TenantRecord } from "./control";
export type { FaultInput } from "./faults";
export type { NamedRequest, RequestCounts, RequestRecord, SubjectOf } from "./journal";
export type { EcPublicKey, RsaPublicKey } from "./keys";
export type { ApiOperation, Operation } from "./vocabulary";
export type { SettingsChange, StartOptions } from "./settings";

/** A running sandbox, and what a client needs to use it. */
export interface TenantManagementSandbox {
  /** Base URL of the Tenant Management API, for example `http://127.0.0.1:40123/v0`. */
  apiUrl: string;
  /** Token URL of the organization's authorization server; also the assertion's `aud`. */
  tokenUrl: string;
  /** URL of the control endpoint. */
  controlUrl: string;
  /** The organization's client. */
  clientId: string;
  /** The organization's private key: PKCS#8, RSA, 2048 bits, created at the start. */
  privateKeyPem: string;
  /** The id of its registered public half. */
  keyId: string;
  control: Control;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
const organizationTokenPath = toTokenUrl("/oauth2/organization");

/** Waits without keeping the process alive once the server is closed. */
const realSleep: Sleep = (delayMs) => delay(delayMs, undefined, { ref: false });

/**
 * Starts a strict stand-in for the vendor: the Tenant Management API, the organization's authorization server
 * and those of the tenant applications, on one loopback port. All data is in memory.
 *
 * @param sleep - how it waits for a latency; default: in real time
 * @returns Resolves with the running sandbox once it accepts connections.
 * @throws z.ZodError if an option is unknown or has a wrong value; the system's error if the port is taken
 */
export async function startTenantManagement(
  options: StartOptions = {},
  sleep = realSleep,
): Promise<TenantManagementSandbox> {
  const { stage, organization, port, publicOrigin, keptIn, ...change } = optionsSchema.parse(options);
  let settings = applyChange(change);
  let limiter = new RateLimiter(settings.rateLimit);
  let origin = "";

  const journal = new Journal();
  const faults = new FaultPlan();
  const kept = keptIn === undefined ? undefined : readKept(keptIn);
  const organizationClient = new OrganizationClient(kept?.client);
  const tenants = new Tenants(stage, () => settings, {
    changed: () => {
      if (keptIn !== undefined) writeKept(keptIn, organizationClient, tenants.all());
    },
  });
  for (const tenant of kept?.tenants ?? []) tenants.reload(tenant);
  if (keptIn !== undefined) writeKept(keptIn, organizationClient, tenants.all());
  const organizationTokens = new AccessTokens();
  const applicationTokens = new AccessTokens();
  const secrets = new Set<string>();
  const noteSecret = (secret: string): void => {
    secrets.add(secret);
  };
  const contract = await Contract.load();

  const control = createControl({
    journal,
    faults,
    tenants,
    organizationClient,
    tokens: [organizationTokens, applicationTokens],
    secrets,
    applySettings: (settingsChange) => {
      settings = applyChange(settingsChange, settings);
      if (settingsChange.rateLimit !== undefined) {
        limiter = new RateLimiter(settings.rateLimit);
      }
    },
  });
  const tenantManagement = new TenantManagement({
    contract,
    tenants,
    tokens: organizationTokens,
    representation: () => ({
      stage,
      organization,
      settings,
      authServer: (cell) => (settings.authServerOrigin ?? origin) + authServerPath(cell),
    }),
    noteSecret,
  });

  const shared = { settings: () => settings, noteSecret };
  const organizationServer = organizationAuthorizationServer(
    () => origin + organizationTokenPath,
    organizationClient,
    { ...shared, tokens: organizationTokens },
  );
  const applicationServers = cellsOf(stage).map((cell) => {
    const path = toTokenUrl(authServerPath(cell));
    const context = { ...shared, tokens: applicationTokens };
    return { path, server: applicationAuthorizationServer(() => origin + path, cell, tenants, context) };
  });
  const app = createServer({
    contract,
    tenantManagement,
    tokenEndpoints: [
      { path: organizationTokenPath, operation: "token", server: organizationServer },
      ...applicationServers.map((endpoint) => ({ ...endpoint, operation: "applicationToken" as const })),
    ],
    control,
    journal,
    faults,
    limiter: () => limiter,
    latencyMs: () => settings.latencyMs,
    sleep,
  });
  const ownOrigin = new URL(await app.listen({ host, port })).origin;
  origin = publicOrigin ?? ownOrigin;

  const { clientId, privateKeyPem, keyId } = organizationClient;
  return {
    apiUrl: origin + apiRoot,
    tokenUrl: origin + organizationTokenPath,
    controlUrl: ownOrigin + controlRoot,
    clientId,
    privateKeyPem,
    keyId,
    control,
    close: () => app.close(),
  };
}

function authServerPath(cell: Cell): string {
  return `/oauth2/${cell}`;
}
