import { z } from "zod";

/** What an update does that the engine's own rows do not say, in the order in which it is printed. */
export const consequenceKinds = [
  "tenantDeleted",
  "applicationDeleted",
  "credentialEnds",
  "secretMoved",
  "readersRemoved",
  "replicasRemoved",
  "secretKeyChanged",
  "tenantAdopted",
  "applicationAdopted",
  "deprecated",
  "reactivated",
] as const;

/**
 * One consequence of an update for one customer, or for one of its applications. Its sentence is written from it: see
 * `describeConsequences`.
 */
export const consequenceSchema = z.object({
  kind: z.enum(consequenceKinds),
  /** A customer (`acme`) or an application (`acme/eu-1/default`). */
  subject: z.string(),
  /** The fields of the configuration that cause it. */
  fields: z.array(z.string()).optional(),
  /** What is in use now: the client, the secret's name, the key, the roles. */
  before: z.string().optional(),
  /** What is used instead: the new name, the adopted id, the key, the roles. */
  after: z.string().optional(),
  /** How many applications are deleted with a tenant. */
  applications: z.number().optional(),
  /** For how many days a deleted secret can be restored; 0: it cannot. */
  recoveryWindowInDays: z.number().optional(),
});

export type Consequence = z.output<typeof consequenceSchema>;
export type ConsequenceKind = Consequence["kind"];

/** The kinds after which something that works today may no longer work. */
const grave: ReadonlySet<ConsequenceKind> = new Set([
  "tenantDeleted",
  "applicationDeleted",
  "credentialEnds",
  "secretMoved",
  "readersRemoved",
  "replicasRemoved",
  "secretKeyChanged",
]);

/** Returns whether something that works today may no longer work afterwards. */
export function isGrave({ kind }: Pick<Consequence, "kind">): boolean {
  return grave.has(kind);
}

/** Leaves out the values, where the list of customers is encrypted. */
export function withoutConsequenceValues(consequence: Consequence): Consequence {
  return { ...consequence, before: undefined, after: undefined };
}
