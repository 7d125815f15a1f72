import { z } from "zod";

import { type Cell, cells } from "./cells";
import { type FaultInput, type FaultPlan, faultSchema } from "./faults";
import type { Journal, RequestCounts, RequestRecord, SubjectOf } from "./journal";
import type { EcPublicKey, RsaPublicKey } from "./keys";
import type { OrganizationClient } from "./organization";
import { type SettingsChange, settingsChangeSchema } from "./settings";
import type { Tenants } from "./tenants";
import type { AccessTokens } from "./tokens";
import type { DocumentsScope } from "./vocabulary";

/** A tenant in the sandbox, without secrets. */
export interface TenantRecord {
  tenantId: string;
  name: string;
  cells: Cell[];
  created: string;
  updated: string;
  applications: ApplicationRecord[];
}

/** An application in the sandbox; the integers of its public key are exact. */
export interface ApplicationRecord {
  applicationId: string;
  clientId: string;
  cell: Cell;
  scopes: DocumentsScope[];
  authMethod: { type: "CLIENT_SECRET" } | RsaPublicKey | EcPublicKey;
}

/** What a test or a person can see and do without the API. */
export interface Control {
  /** Counts the requests since the start or the last reset, by operation; 0 for an operation that was never called. */
  requests(): RequestCounts;
  /** Lists the same requests, in the order of their arrival. */
  requestLog(): RequestRecord[];
  resetRequests(): void;
  /**
   * Makes future requests fail.
   *
   * @throws z.ZodError if the fault is invalid
   */
  addFault(fault: FaultInput): void;
  clearFaults(): void;
  /** Names what each future request is about, in the log and for faults; default: its tenant. Not served over HTTP. */
  nameSubjects(subjectOf: SubjectOf): void;
  /**
   * Changes settings; omitted ones stay. A new `rateLimit` starts with a full bucket.
   *
   * @throws z.ZodError if a setting is unknown or has a wrong value
   */
  configure(change: SettingsChange): void;
  /** Lists all tenants, in the order of creation. */
  tenants(): TenantRecord[];
  /**
   * Deletes a tenant with its applications.
   *
   * @throws if it does not exist
   */
  deleteTenant(tenantId: string): void;
  /**
   * Deletes an application.
   *
   * @throws if it does not exist
   */
  deleteApplication(applicationId: string): void;
  /**
   * Changes the cells of a tenant.
   *
   * @throws if it does not exist
   */
  setCells(tenantId: string, cells: readonly Cell[]): void;
  /**
   * Restores a tenant as {@link tenants} listed it, with its ids, perhaps in another sandbox. A CLIENT_SECRET
   * application gets a new secret: no list contains the old one. Not served over HTTP.
   */
  restoreTenant(record: TenantRecord): void;
  /**
   * Registers a public key (PEM, SPKI, RSA) for the organization's client; replaces the one with the same id.
   * While there are several, an assertion must name its key as `kid`.
   */
  registerOrganizationKey(publicKeyPem: string, keyId: string): void;
  /**
   * Withdraws one of the organization's keys.
   *
   * @throws if no key has this id
   */
  removeOrganizationKey(keyId: string): void;
  /** Invalidates all access tokens. */
  revokeTokens(): void;
  /**
   * Lists every client secret, access token and client assertion so far, for tests that search logs and
   * states for them. Never served over HTTP.
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

/** Creates the control of a sandbox. */
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
    nameSubjects: (subjectOf) => {
      journal.subjectOf = subjectOf;
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
