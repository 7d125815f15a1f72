import { z } from "zod";

/**
 * The subjects of events: resources that are created and deleted, a customer's declaration, its secrets if
 * they are changed outside the engine, and what a repair removes after a crash.
 */
export const recordedTypes = [
  "Tenant",
  "TenantApplication",
  "Customer",
  "Secret",
  "Lock",
  "PendingOperation",
  "EmptySecret",
] as const;
export type RecordedType = (typeof recordedTypes)[number];

/**
 * The operations on an object.
 *
 * - `release`: the stack forgets it, because it was handed over to another owner.
 * - `change`: a customer's declaration changes, and with it who can read its secrets, and for how long.
 * - `deprecate`: a customer may be deleted from now on; `activate`: it may not.
 * - `restore`: a secret is taken back from its deletion; `import`: it is taken into the state.
 */
export const operations = [
  "create",
  "delete",
  "release",
  "change",
  "deprecate",
  "activate",
  "restore",
  "import",
] as const;
export type RecordedOperation = (typeof operations)[number];

/** How an operation ended. `unknown`: it may or may not have been carried out. */
export const outcomes = [
  "made",
  "adopted",
  "recovered",
  "deleted",
  "gone",
  "released",
  "changed",
  "restored",
  "imported",
  "failed",
  "unknown",
] as const;
export type Outcome = (typeof outcomes)[number];

const hash = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const formerNameSchema = z.object({
  /** `organization/project/stack`. */
  stack: z.string(),
  /** The hash of the last event in its chain. */
  hash,
  sequence: z.int().nonnegative(),
  /** The time of the event there, so that it can be found again; absent if there is none. */
  at: z.iso.datetime().optional(),
});

/** A former name of a stack. */
export type FormerName = z.output<typeof formerNameSchema>;

const common = {
  /** The version of this form: 2 since events are chained. */
  v: z.literal([1, 2]),
  id: z.string(),
  /** RFC 3339, UTC, by the clock of the machine that acts. */
  at: z.iso.datetime(),
  /** Who acts: the CI system's user where a CI system runs this, else `user@host`. */
  actor: z.string(),
  /** The actor according to a variable of the environment (`GITHUB_ACTOR`) outside a CI system: anyone can set it. */
  claimedActor: z.string().optional(),
  /** The ARN of the caller's identity, if AWS was asked and answered. */
  awsIdentity: z.string().optional(),
  /** The commit that is checked out here. */
  commit: z.string().optional(),
  /** The CI run's page. */
  runUrl: z.string().optional(),
  /** What ran: this package, the engine (`pulumi version`) and Node.js. */
  versions: z.object({ package: z.string(), engine: z.string().optional(), node: z.string() }).optional(),
  /** The reason, in the actor's words (`TENANTS_REASON`, `tenants:reason`). */
  reason: z.string().optional(),
  /** `organization/project/stack`. */
  stack: z.string(),
  stage: z.string(),
  apiUrl: z.string(),
  /** The hosts that the environment allowed in addition to the vendor's; absent if none. */
  allowedHosts: z.array(z.string()).optional(),
  type: z.enum(recordedTypes),
  operation: z.enum(operations),
  /** The resource's name in the stack: what the object is for. It does not change with the object's id. */
  slot: z.string(),
  tenantId: z.string().optional(),
  applicationId: z.string().optional(),
  /** The event's place among those of its stack, from 1. */
  sequence: z.int().positive().optional(),
  /** The hash of the stack's event before it (see `chain.ts`). Events of version 1 have none. */
  previous: hash.optional(),
  /** A digest of what the stack contains after it, according to the record (see `holding.ts`). */
  holds: z.string().optional(),
  /** In the events of a stack that was renamed or moved: the former names of its record. */
  formerly: z.array(formerNameSchema).optional(),
};

/** Written before a request that changes something. */
const intentSchema = z.object({
  ...common,
  event: z.literal("intent"),
  /** The requested parameters that `parameters.ts` lists. Never a credential. */
  parameters: z.record(z.string(), z.unknown()),
  /** The ids of the applications that the tenant had before. */
  known: z.array(z.string()).optional(),
});

/** Written after the request. */
const resultSchema = z.object({
  ...common,
  event: z.literal("result"),
  /** The id of the intent it ends. */
  intent: z.string(),
  outcome: z.enum(outcomes),
  clientId: z.string().optional(),
  durationMs: z.number(),
  /** Why it failed. Never a credential. */
  message: z.string().optional(),
});

/**
 * What the provisioning service records: requests, plans, approvals, refusals, log-ins, reads. Its events are a chain
 * of their own in the same form, so the same verification applies. People are recorded by id only.
 */
export const serviceEventSchema = z.strictObject({
  v: z.literal(2),
  id: z.uuid(),
  /** RFC 3339, UTC, by the clock of the service. */
  at: z.iso.datetime(),
  event: z.literal("service"),
  /** What happened: `requested`, `approved`, … */
  kind: z.string(),
  /** The id of the person or machine that did it; absent if the service acted by itself. */
  actor: z.uuid().optional(),
  /** The name of the chain. */
  stack: z.string(),
  stage: z.string().optional(),
  customer: z.string().optional(),
  /** The id of the request it belongs to. */
  request: z.uuid().optional(),
  /** Further details. Never a credential, nor a person's name or address. */
  data: z.record(z.string(), z.unknown()),
  /** Its place in the chain, from 1. */
  sequence: z.int().positive(),
  /** The hash of the event before it. */
  previous: hash,
});
export type ServiceEvent = z.output<typeof serviceEventSchema>;

/** One line of the journal. It never contains a credential. */
export const eventSchema = z.discriminatedUnion("event", [intentSchema, resultSchema]);
export type JournalEvent = z.output<typeof eventSchema>;
export type IntentEvent = z.output<typeof intentSchema>;
export type ResultEvent = z.output<typeof resultSchema>;

/**
 * The parameters that are recorded, by type. Others that a caller passes are not recorded: a new parameter, which could
 * be a credential, stays out until someone has reviewed it.
 */
const recordedParameters = {
  Tenant: ["name", "cells", "adopt", "to"],
  TenantApplication: ["cell", "scopes", "authMethod", "keyId", "adopt", "to"],
  Customer: ["before", "after"],
  Secret: ["arn", "secretName", "deletedAt"],
  Lock: ["locks"],
  PendingOperation: ["urns"],
  EmptySecret: ["arn", "secretName"],
} as const satisfies Record<RecordedType, readonly string[]>;

/** The requested parameters that may be recorded. */
export type RecordedParameters = Partial<Record<(typeof recordedParameters)[RecordedType][number], unknown>>;

/** Selects the parameters that are recorded for a type. */
export function toRecordedParameters(
  type: RecordedType,
  parameters: RecordedParameters,
): Record<string, unknown> {
  const names: readonly string[] = recordedParameters[type];
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => names.includes(name)));
}
