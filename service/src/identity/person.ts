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

/** Tells whether two accounts are one person's: the same account, or the same person claim. */
export function isSamePerson(
  one: Pick<Person, "issuer" | "subject" | "person">,
  other: Pick<Person, "issuer" | "subject" | "person">,
): boolean {
  const isSameAccount = one.issuer === other.issuer && one.subject === other.subject;
  return isSameAccount || (one.person !== undefined && one.person === other.person);
}
