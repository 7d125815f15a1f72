import { z } from "zod";

/** The consequences of an update that the engine's own rows do not show, in the order in which they are printed. */
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
 * One consequence of an update for a customer or one of its applications. `describeConsequences` writes its
 * sentence.
 */
export const consequenceSchema = z.object({
  kind: z.enum(consequenceKinds),
  /** A customer (`acme`) or an application (`acme/eu-1/default`). */
  subject: z.string(),
  /** The configuration fields that cause it. */
  fields: z.array(z.string()).optional(),
  /** What is in use now: the client, the secret's name, the key, the roles. */
  before: z.string().optional(),
  /** What will be used instead: the new name, the adopted id, the key, the roles. */
  after: z.string().optional(),
  /** How many applications are deleted with a tenant. */
  applications: z.number().optional(),
  /** For how many days a deleted secret can be restored; 0 if it cannot. */
  recoveryWindowInDays: z.number().optional(),
});

export type Consequence = z.output<typeof consequenceSchema>;
export type ConsequenceKind = Consequence["kind"];

/** The kinds after which something that works today may stop working. */
const grave: ReadonlySet<ConsequenceKind> = new Set([
  "tenantDeleted",
  "applicationDeleted",
  "credentialEnds",
  "secretMoved",
  "readersRemoved",
  "replicasRemoved",
  "secretKeyChanged",
]);

/** Returns whether something that works today may stop working. */
export function isGrave({ kind }: Pick<Consequence, "kind">): boolean {
  return grave.has(kind);
}

/** Removes the values, for an encrypted list of customers. */
export function withoutConsequenceValues(consequence: Consequence): Consequence {
  return { ...consequence, before: undefined, after: undefined };
}
