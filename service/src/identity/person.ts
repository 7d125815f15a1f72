/** What people may do. They come from a claim of the identity provider. */
export const roles = ["requester", "approver", "administrator", "auditor"] as const;
export type Role = (typeof roles)[number];

/** Whoever calls, as the issuer says. */
export interface Person {
  /** The id in the table `people`. */
  id: string;
  issuer: string;
  subject: string;
  /** The configured person claim. Who has none is a machine: it may request, and never approves. */
  person: string | undefined;
  name: string | undefined;
  email: string | undefined;
  roles: readonly Role[];
  groups: readonly string[];
  /** When the person logged in last (`auth_time`); undefined for machines. */
  authenticatedAt: Date | undefined;
}

/** Who somebody is, whatever the account. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The configured person claim; machines have none. */
  person?: string | undefined;
}

/** Tells whether two accounts are one person's: the same account, or the same person claim. */
export function isSamePerson(one: Identity, other: Identity): boolean {
  const isSameAccount = one.issuer === other.issuer && one.subject === other.subject;
  const person = personKey(one.person);
  return isSameAccount || (person !== undefined && person === personKey(other.person));
}

/**
 * Gives the person claim as it is compared: an employee number in other letters, or with a space, is the same person's,
 * and an empty one is no person's.
 */
export function personKey(claim: string | null | undefined): string | undefined {
  const key = claim?.normalize("NFKC").trim().toLowerCase();
  return key === "" ? undefined : key;
}

/** Tells whether it is a machine: nobody who could approve. */
export function isMachine({ person }: Pick<Identity, "person">): boolean {
  return personKey(person) === undefined;
}
