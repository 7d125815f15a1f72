import type { Comparison } from "../../../operations/src/reconcile/comparison";
import type { HeldApplication, HeldTenant, PendingOperation } from "../../../operations/src/stack/state";
import type { ApiApplication, ApiTenant } from "../../../provider/src/client";
import type { IntentEvent, JournalEvent, Outcome, ResultEvent } from "../../../provider/src/journal";

const stack = "organization/project/dev";
const apiUrl = "https://api.example/v0";
const root = "urn:pulumi:dev::project::pulumi:pulumi:Stack::project-dev";
export const slot = "acme/eu-1/default";
export const otherSlot = "acme/eu-1/other";
export const bothScopes = ["documents.submissions.read", "documents.submissions.write"];

const common = { v: 1, actor: "someone@somewhere", stack, stage: "testing", apiUrl } as const;

/** Gives what the events of a test have in common, each a second later than the one before. */
export class Events {
  private seconds = 0;

  private next(): { id: string; at: string } {
    this.seconds += 1;
    return {
      id: `event-${this.seconds}`,
      at: new Date(Date.UTC(2030, 0, 1, 0, 0, this.seconds)).toISOString(),
    };
  }

  /** The intent to make an application in tenant `t-1`. */
  createApplication(change: Partial<IntentEvent> = {}, authMethod = "CLIENT_SECRET"): IntentEvent {
    return {
      ...common,
      ...this.next(),
      event: "intent",
      type: "TenantApplication",
      operation: "create",
      slot,
      tenantId: "t-1",
      known: [],
      parameters: { cell: "eu-1", scopes: bothScopes, authMethod },
      ...change,
    };
  }

  /** The intent to make tenant `acme`. */
  createTenant(change: Partial<IntentEvent> = {}): IntentEvent {
    return {
      ...common,
      ...this.next(),
      event: "intent",
      type: "Tenant",
      operation: "create",
      slot: "acme",
      parameters: { name: "acme" },
      ...change,
    };
  }

  /** The intent to delete an object. */
  remove(of: Pick<IntentEvent, "type" | "tenantId" | "applicationId">): IntentEvent {
    return { ...common, ...this.next(), event: "intent", operation: "delete", slot, parameters: {}, ...of };
  }

  /** The intent to hand an object over, and its result. */
  release(of: Pick<IntentEvent, "type" | "tenantId" | "applicationId">): [IntentEvent, ResultEvent] {
    const intent: IntentEvent = { ...this.remove(of), operation: "release" };
    return [intent, this.result(intent, "released", of)];
  }

  result(of: IntentEvent, outcome: Outcome, ids: Partial<ResultEvent> = {}): ResultEvent {
    const { type, operation, slot: ofSlot, stack: ofStack, tenantId } = of;
    return {
      ...common,
      ...this.next(),
      stack: ofStack,
      type,
      operation,
      slot: ofSlot,
      ...(tenantId === undefined ? {} : { tenantId }),
      event: "result",
      intent: of.id,
      outcome,
      durationMs: 1,
      ...ids,
    };
  }
}

export function tenant(tenantId = "t-1", name = "acme", createdAt = "2030-01-01T00:00:30Z"): ApiTenant {
  return { tenantId, name, cells: ["eu-1"], createdAt, updatedAt: createdAt, webUiUrls: {} };
}

export function application(applicationId: string, change: Partial<ApiApplication> = {}): ApiApplication {
  return {
    applicationId,
    clientId: `client-of-${applicationId}`,
    cell: "eu-1",
    scopes: bothScopes,
    authServer: "https://id.example",
    tokenUrl: "https://id.example/v1/token",
    ...change,
  };
}

export function heldTenant(change: Partial<HeldTenant> = {}): HeldTenant {
  return {
    urn: "urn:tenant::acme",
    slot: "acme",
    tenantId: "t-1",
    name: "acme",
    stage: "testing",
    apiUrl,
    isPartlyMade: false,
    isToBeDeleted: false,
    ...change,
  };
}

export function heldApplication(
  applicationId: string,
  change: Partial<HeldApplication> = {},
): HeldApplication {
  return {
    urn: `urn:application::${slot}`,
    slot,
    tenantId: "t-1",
    applicationId,
    clientId: `client-of-${applicationId}`,
    cell: "eu-1",
    authMethod: "CLIENT_SECRET",
    stage: "testing",
    apiUrl,
    hasSecret: true,
    isPartlyMade: false,
    isToBeDeleted: false,
    ...change,
  };
}

export function pendingCreate(
  resource: "Tenant" | "TenantApplication",
  ofSlot: string = slot,
): PendingOperation {
  return {
    operation: "creating",
    type: `pulumi-nodejs:dynamic/resistant:${resource}`,
    urn: `urn:${resource}::${ofSlot}`,
    slot: ofSlot,
    inputs: resource === "Tenant" ? { name: ofSlot } : { tenantId: "t-1", cell: "eu-1" },
  };
}

/** What is compared in a test: a stack that holds tenant `acme` without applications, unless it says otherwise. */
export interface Situation {
  events?: JournalEvent[];
  unreadable?: string[];
  /** How many hours after the events it is looked; default: within the minute. */
  hour?: number;
  heldTenants?: HeldTenant[];
  heldApplications?: HeldApplication[];
  released?: string[];
  pending?: PendingOperation[];
  tenants?: ApiTenant[];
  applications?: ApiApplication[];
  /** Which stack holds an object, by its id. */
  elsewhere?: Record<string, string>;
  /** The stacks whose state could not be read. */
  unread?: string[];
  locks?: Comparison["locks"];
  emptySecrets?: Comparison["emptySecrets"];
  changedSecrets?: Comparison["changedSecrets"];
}

export function comparisonOf(situation: Situation): Comparison {
  return {
    stack,
    apiUrl,
    events: situation.events ?? [],
    unreadable: situation.unreadable ?? [],
    state: {
      tenants: situation.heldTenants ?? [heldTenant()],
      applications: situation.heldApplications ?? [],
      released: situation.released ?? [],
      pending: situation.pending ?? [],
      storedVersions: [],
      rootUrn: root,
    },
    tenants: situation.tenants ?? [tenant()],
    applications: new Map([["t-1", situation.applications ?? []]]),
    elsewhere: {
      holders: new Map(
        Object.entries(situation.elsewhere ?? {}).map(([id, holder]) => [id, { stack: holder, slot }]),
      ),
      unread: new Map((situation.unread ?? []).map((name) => [name, "no access"])),
    },
    acceptsMissing: false,
    locks: situation.locks ?? [],
    emptySecrets: situation.emptySecrets ?? new Map(),
    changedSecrets: situation.changedSecrets ?? [],
    nowMs: Date.UTC(2030, 0, 1, situation.hour ?? 0, 1),
    clockAheadMs: 0,
    typed: (args) => ["pulumi", ...args].join(" "),
    typedTenants: (args) => ["tenants", ...args].join(" "),
    fixCommand: "tenants reconcile --fix",
  };
}
