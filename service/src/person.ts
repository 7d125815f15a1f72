import { Problem } from "./problem";

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
  /** Who is away now, and has named this person as deputy. Default: nobody. */
  deputyFor?: readonly Absent[];
}

/** An approver who is away, and whose groups the deputy has meanwhile. */
export interface Absent {
  absence: string;
  /** The id in the table `people`. */
  personId: string;
  identity: { issuer: string; subject: string; person: string };
  groups: readonly string[];
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
 * Gives the person claim as it is compared: an employee number in other letters, with a space, or with what nobody sees, is
 * the same person's, and an empty one is no person's.
 */
export function personKey(claim: string | null | undefined): string | undefined {
  const key = claim
    ?.normalize("NFKC")
    .replace(/[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}]/gu, "")
    .toLowerCase();
  return key === "" ? undefined : key;
}

/** Tells whether it is a machine: nobody who could approve. */
export function isMachine({ person }: Pick<Identity, "person">): boolean {
  return personKey(person) === undefined;
}

/**
 * Insists on a role.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnRole(caller: Person, ...roles: readonly Role[]): void {
  if (roles.some((role) => caller.roles.includes(role))) return;
  throw new Problem("forbidden", `This needs the role ${roles.join(" or ")}.`);
}
