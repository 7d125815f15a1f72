import type { CustomerConfiguration } from "../configuration/configuration";
import type { RotationConfiguration } from "../configuration/rotation";

/** A value of a {@link DeclaredCustomer}: plain JSON. */
export type Value =
  string | number | readonly string[] | { readonly [key: string]: string | readonly string[] };

/**
 * What is declared of a customer that decides who can read its secrets and for how long, whether it may be deleted, and
 * whose it is; by a path such as `secrets.readerRoleArns`. A set is sorted: its order is no difference. It holds no
 * credential. Each `up` keeps it in the outputs of the customer's component.
 */
export type DeclaredCustomer = Readonly<Record<string, Value>>;

/** The output of a customer's component that holds what was declared of it. */
export const declaredOutput = "declared";

/** What changes of a customer, by path; null where there is, or was, nothing. */
export interface CustomerChanges {
  before: Record<string, Value | null>;
  after: Record<string, Value | null>;
}

/** Gives what is declared of a customer, defaults filled in. */
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
 * Compares what was declared of a customer with what is.
 *
 * @returns undefined where nothing differs. An application that is added or removed is on record by itself.
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

/** Writes changes as people read them: `owner: "a" → "b"`. */
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
