import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import { tenantApplicationHandler } from "../../../provider/src/dynamic/application/tenant-application";
import type { Properties } from "../../../provider/src/dynamic/engine/inputs";
import { Run } from "../../../provider/src/dynamic/run/run";
import { ownSurroundings, type Surroundings } from "../../../provider/src/dynamic/run/surroundings";
import { tenantHandler } from "../../../provider/src/dynamic/tenant/tenant";
import { genesis, hashOf } from "../../../provider/src/journal/chain";
import type { EnvironmentVariables } from "../../../provider/src/settings/own-process";
import { ownProcess } from "../../../provider/src/settings/own-process";
import type { TenantManagementSandbox } from "../../../sandbox/api";

/** The organization whose credentials a provider has. */
type Organization = Pick<
  TenantManagementSandbox,
  "apiUrl" | "tokenUrl" | "clientId" | "keyId" | "privateKeyPem"
>;
type Made = Promise<{ id: string; outs: Properties }>;

/** A provider's operations, as the engine calls them in one process. */
export interface ProviderProcess {
  run: Run;
  /** @param slot default: the tenant's name */
  /** @param cells where its applications will be (`initialCells`); default: the API's default */
  createTenant(name: string, slot?: string, cells?: readonly string[]): Made;
  /** @param heldId the id of the application that the state holds in the slot; the engine asks for no difference of it */
  createApplication(tenantId: string, slot: string, inputs?: Properties, heldId?: string): Made;
  deleteTenant(tenantId: string, state: Properties): Promise<void>;
  deleteApplication(applicationId: string, state: Properties): Promise<void>;
  adoptTenant(name: string, tenantId: string): Made;
  /** Refreshes a tenant; an empty id says that it is gone. */
  readTenant(tenantId: string, state: Properties): Promise<{ id: string }>;
  /** Refreshes an application; an empty id says that it is gone. */
  readApplication(applicationId: string, state: Properties): Promise<{ id: string }>;
}

const sharedStack = "organization/project/dev";

/** The operations of a run of its own, which is not configured yet. */
export interface NewRun {
  run: Run;
  configure: Run["configure"];
  tenant: ReturnType<typeof tenantHandler>;
  tenantApplication: ReturnType<typeof tenantApplicationHandler>;
}

/**
 * Begins a run that knows nothing of those before it, as a new process does.
 *
 * @param environment default: that of the tests
 * @param surroundings default: this machine's
 */
export function newRun(environment = ownProcess().environment, surroundings = ownSurroundings): NewRun {
  const run = new Run({ ...ownProcess(), environment }, surroundings);
  return {
    run,
    configure: (request) => {
      run.configure(request);
    },
    tenant: tenantHandler(run),
    tenantApplication: tenantApplicationHandler(run),
  };
}

/**
 * Starts a provider that knows nothing of those before it, as a new process does, but for what the journal tells.
 *
 * @param journal the journal's file
 * @param more further keys of the configuration
 * @param place its stack, its environment and its surroundings; default: a stack that all tests share, the tests'
 * environment, and this machine
 */
export function startProvider(
  { apiUrl, tokenUrl, clientId, keyId, privateKeyPem }: Organization,
  journal: string,
  more: Record<string, string> = {},
  {
    stack = sharedStack,
    environment,
    surroundings,
  }: { stack?: string; environment?: EnvironmentVariables; surroundings?: Surroundings } = {},
): ProviderProcess {
  const { run, configure, tenant, tenantApplication } = newRun(environment, surroundings);
  const settings: Record<string, string> = {
    stage: "testing",
    apiUrl,
    tokenUrl,
    clientId,
    keyId,
    privateKey: privateKeyPem,
    journal,
    journalDiskIsKept: "true",
    ...more,
  };
  configure({ config: { get: (key) => settings[key.replace("tenants:", "")] } });
  return {
    run,
    createTenant: (name, slot = name, cells) =>
      tenant.create({
        name,
        slot: { stack, name: slot },
        ...(cells === undefined ? {} : { initialCells: cells }),
      }),
    createApplication: async (tenantId, name, given = {}, heldId) => {
      const slot = { stack, name, ...(heldId === undefined ? {} : { heldId }) };
      const { inputs } = await tenantApplication.check({}, { tenantId, cell: "eu-1", ...given, slot });
      return tenantApplication.create(inputs);
    },
    deleteTenant: (tenantId, state) => tenant.delete(tenantId, state),
    deleteApplication: (applicationId, state) => tenantApplication.delete(applicationId, state),
    adoptTenant: (name, adopt) => tenant.create({ name, adopt, slot: { stack, name: `adopted ${name}` } }),
    readTenant: (tenantId, state) => tenant.read(tenantId, state),
    readApplication: (applicationId, state) => tenantApplication.read(applicationId, state),
  };
}

/** Makes a key pair, and gives its public half. */
export function newPublicKey(): string {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

/** Takes the last line out of a journal: the process was killed before it wrote it. */
export function takeLastLine(journal: string): void {
  const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
  writeFileSync(journal, `${lines.slice(0, -1).join("\n")}\n`);
}

/** Moves the events of a journal, of one stack, into the past; their chain stays whole. */
export function ageJournal(journal: string, byMs: number): void {
  let previous = genesis.hash;
  const lines = readFileSync(journal, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const event = JSON.parse(line) as { at: string };
      const text = JSON.stringify({ ...event, at: earlier(event.at, byMs), previous });
      previous = hashOf(text);
      return `${text}\n`;
    });
  writeFileSync(journal, lines.join(""));
}

/** Moves the creation of all tenants of a sandbox into the past. */
export function ageTenants({ control }: TenantManagementSandbox, byMs: number): void {
  for (const tenant of control.tenants()) {
    control.restoreTenant({ ...tenant, created: earlier(tenant.created, byMs) });
  }
}

function earlier(instant: string, byMs: number): string {
  return new Date(Date.parse(instant) - byMs).toISOString();
}

/** Gives the last event of a journal. */
export function lastEvent(journal: string): Record<string, unknown> {
  const [last = "{}"] = readFileSync(journal, "utf8").trimEnd().split("\n").slice(-1);
  return JSON.parse(last) as Record<string, unknown>;
}

/** What the engine passes for a value that a preview does not know yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const apiUrl = "https://api.tenants.resistant.ai/v0";

/** Begins a run and configures it, as the engine does before it calls any method of a provider. */
export function configuredRun(stage: "testing" | "production" = "production"): NewRun {
  const begun = newRun();
  const settings: Record<string, string> = { "tenants:stage": stage };
  begun.configure({ config: { get: (key) => settings[key] } });
  return begun;
}

/** Gives the ids of a tenant's applications at the vendor, oldest first. */
export function applicationsIn(
  { control }: Pick<TenantManagementSandbox, "control">,
  tenantId: string,
): string[] {
  const tenant = control.tenants().find((other) => other.tenantId === tenantId);
  return (tenant?.applications ?? []).map(({ applicationId }) => applicationId);
}
