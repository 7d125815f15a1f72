import { z } from "zod";

import { type Cell, cells } from "./cells";
import { type FaultInput, type FaultPlan, faultSchema } from "./faults";
import type { Journal, RequestCounts, RequestRecord } from "./journal";
import type { EcPublicKey, RsaPublicKey } from "./keys";
import type { OrganizationClient } from "./organization";
import { type SettingsChange, settingsChangeSchema } from "./settings";
import type { Tenants } from "./tenants";
import type { AccessTokens } from "./tokens";
import type { DocumentsScope } from "./vocabulary";

/** A tenant as the sandbox holds it, without any secret. */
export interface TenantRecord {
  tenantId: string;
  name: string;
  cells: Cell[];
  created: string;
  updated: string;
  applications: ApplicationRecord[];
}

/** An application as the sandbox holds it; the integers of its public key are exact. */
export interface ApplicationRecord {
  applicationId: string;
  clientId: string;
  cell: Cell;
  scopes: DocumentsScope[];
  authMethod: { type: "CLIENT_SECRET" } | RsaPublicKey | EcPublicKey;
}

/** What a test, or a person, can see and do behind the back of the API's clients. */
export interface Control {
  /** Counts the requests since the start or the last reset, by operation; an operation never called counts 0. */
  requests(): RequestCounts;
  /** Lists the same requests, in the order in which they arrived. */
  requestLog(): RequestRecord[];
  resetRequests(): void;
  /**
   * Makes requests fail that arrive from now on.
   *
   * @throws z.ZodError if the fault makes no sense
   */
  addFault(fault: FaultInput): void;
  clearFaults(): void;
  /**
   * Changes settings; those that are left out stay as they are. A new `rateLimit` starts with a full bucket.
   *
   * @throws z.ZodError if a setting is unknown or has a wrong value
   */
  configure(change: SettingsChange): void;
  /** Lists everything that exists, in the order of creation. */
  tenants(): TenantRecord[];
  /** Deletes a tenant with its applications. Throws if there is none. */
  deleteTenant(tenantId: string): void;
  /** Deletes an application. Throws if there is none. */
  deleteApplication(applicationId: string): void;
  /** Changes the cells of a tenant. Throws if there is none. */
  setCells(tenantId: string, cells: readonly Cell[]): void;
  /**
   * Puts back a tenant as {@link tenants} listed it, ids included, perhaps in another sandbox. A CLIENT_SECRET
   * application gets a new secret: no list holds the old one. Not served over HTTP.
   */
  restoreTenant(record: TenantRecord): void;
  /**
   * Registers a public key (PEM, SPKI, RSA) for the organization's client, in place of the one with the same id.
   * While several are registered, an assertion must name its key as `kid`.
   */
  registerOrganizationKey(publicKeyPem: string, keyId: string): void;
  /** Withdraws one of the organization's keys. Throws if there is none with this id. */
  removeOrganizationKey(keyId: string): void;
  /** Makes all access tokens issued so far invalid. */
  revokeTokens(): void;
  /**
   * Lists every client secret, access token and client assertion that came in or went out so far, for tests that
   * search logs and states for them. Never served over HTTP.
   */
  issuedSecrets(): string[];
}

/** What the control acts on. */
export interface ControlContext {
  journal: Journal;
  faults: FaultPlan;
  tenants: Tenants;
  organizationClient: OrganizationClient;
  tokens: readonly AccessTokens[];
  secrets: ReadonlySet<string>;
  applySettings: (change: z.output<typeof settingsChangeSchema>) => void;
}

const cellsSchema = z.array(z.enum(cells));

/** Makes the control of a sandbox. */
export function createControl(context: ControlContext): Control {
  const { journal, faults, tenants, organizationClient, tokens, secrets, applySettings } = context;
  return {
    requests: () => journal.counts(),
    requestLog: () => journal.records(),
    resetRequests: () => {
      journal.reset();
    },
    addFault: (fault) => {
      faults.add(faultSchema.parse(fault));
    },
    clearFaults: () => {
      faults.clear();
    },
    configure: (change) => {
      applySettings(settingsChangeSchema.parse(change));
    },
    tenants: () => toTenantRecords(tenants),
    deleteTenant: (tenantId) => {
      tenants.drop(tenantId);
    },
    deleteApplication: (applicationId) => {
      tenants.dropApplication(applicationId);
    },
    setCells: (tenantId, newCells) => {
      tenants.setCells(tenantId, cellsSchema.parse(newCells));
    },
    restoreTenant: ({ applications, ...tenant }) => {
      tenants.restore(
        tenant,
        applications.map(({ authMethod, ...application }) => ({ ...application, requested: authMethod })),
      );
    },
    registerOrganizationKey: (publicKeyPem, keyId) => {
      organizationClient.register(publicKeyPem, keyId);
    },
    removeOrganizationKey: (keyId) => {
      organizationClient.unregister(keyId);
    },
    revokeTokens: () => {
      for (const issued of tokens) {
        issued.revokeAll();
      }
    },
    issuedSecrets: () => [...secrets],
  };
}

function toTenantRecords(tenants: Tenants): TenantRecord[] {
  return tenants.all().map(({ tenantId, name, cells, created, updated, applications }) => ({
    tenantId,
    name,
    cells: [...cells],
    created,
    updated,
    applications: [...applications.values()].map(
      ({ applicationId, clientId, cell, scopes, authentication }) => ({
        applicationId,
        clientId,
        cell,
        scopes: [...scopes],
        authMethod:
          authentication.type === "CLIENT_SECRET"
            ? { type: authentication.type }
            : { ...authentication.publicKey },
      }),
    ),
  }));
}
