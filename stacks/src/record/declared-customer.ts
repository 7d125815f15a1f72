import type { CustomerConfiguration } from "../configuration/configuration";
import type { RotationConfiguration } from "../configuration/rotation";

/** A value of a {@link DeclaredCustomer}: plain JSON. */
export type Value =
  string | number | readonly string[] | { readonly [key: string]: string | readonly string[] };

/**
 * The declared settings of a customer that determine who can read its secrets and for how long, whether it
 * may be deleted, and who owns it, by a path such as `secrets.readerRoleArns`. A set is sorted, so that its
 * order makes no difference. It contains no credential. Each `up` stores it in the outputs of the customer's
 * component.
 */
export type DeclaredCustomer = Readonly<Record<string, Value>>;

/** The output of a customer's component with its declared settings. */
export const declaredOutput = "declared";

/** The changes of a customer, by path; null for an absent value. */
export interface CustomerChanges {
  before: Record<string, Value | null>;
  after: Record<string, Value | null>;
}

/** Returns the declared settings of a customer, with defaults. */
export function toDeclared(
  { status, customerId, owner, secrets, applications }: CustomerConfiguration,
  secretPrefix: string,
): DeclaredCustomer {
  const { readerRoleArns, ...custody } = secrets;
  return {
    status,
    customerId,
    ...(owner === undefined ? {} : { owner }),
    secretPrefix,
    ...Object.fromEntries(Object.entries(custody).map(([key, value]) => [`secrets.${key}`, value] as const)),
    ...(readerRoleArns === undefined ? {} : { "secrets.readerRoleArns": readerRoleArns.toSorted() }),
    ...Object.fromEntries(
      applications.flatMap(({ cell, purpose, scopes, authMethod, rotation }) =>
        Object.entries({
          scopes: scopes.toSorted(),
          authMethod,
          rotation: rotation === undefined ? "none" : describeRotation(rotation),
        }).map(([key, value]) => [`applications.${cell}/${purpose}.${key}`, value] as const),
      ),
    ),
  };
}

/**
 * Compares the former and present declared settings of a customer.
 *
 * @returns undefined if nothing differs. An added or removed application has its own record.
 */
export function changesOf(before: DeclaredCustomer, after: DeclaredCustomer): CustomerChanges | undefined {
  const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((path) => {
    const isOfOneOnly = !(path in before) || !(path in after);
    if (path.startsWith("applications.") && isOfOneOnly) return false;
    return JSON.stringify(before[path]) !== JSON.stringify(after[path]);
  });
  if (differing.length === 0) return undefined;
  const pick = (declared: DeclaredCustomer): Record<string, Value | null> =>
    Object.fromEntries(differing.map((path) => [path, declared[path] ?? null]));
  return { before: pick(before), after: pick(after) };
}

/** Writes changes for people: `owner: "a" → "b"`. */
export function describeChanges({ before, after }: CustomerChanges): string {
  return Object.keys(after)
    .map((path) => `${path}: ${JSON.stringify(before[path])} → ${JSON.stringify(after[path])}`)
    .join("; ");
}

function describeRotation({ every, rotateAt, overlap, changes }: RotationConfiguration): Value {
  return {
    ...(every === undefined ? {} : { every: every.text }),
    ...(rotateAt.length === 0 ? {} : { rotateAt: rotateAt.map(({ text }) => text) }),
    overlap: overlap.text,
    changes,
  };
}
