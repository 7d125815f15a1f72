import { Problem } from "./problem";

/** Roles. They come from a claim of the identity provider. */
export const roles = ["requester", "approver", "administrator", "auditor"] as const;
export type Role = (typeof roles)[number];

/** The caller, according to the issuer. */
export interface Person {
  /** The id in the table `people`. */
  id: string;
  issuer: string;
  subject: string;
  /** The configured person claim. An account without it is a machine: it may request, and never approve. */
  person: string | undefined;
  name: string | undefined;
  email: string | undefined;
  roles: readonly Role[];
  groups: readonly string[];
  /** When the person logged in last (`auth_time`); undefined for machines. */
  authenticatedAt: Date | undefined;
  /** The absent approvers who have named this person as deputy. Default: none. */
  deputyFor?: readonly Absent[];
}

/** An absent approver, whose groups the deputy has meanwhile. */
export interface Absent {
  absence: string;
  /** The id in the table `people`. */
  personId: string;
  identity: { issuer: string; subject: string; person: string };
  groups: readonly string[];
}

/** A person's identity, independent of the account. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The configured person claim; machines have none. */
  person?: string | undefined;
}

/** Returns whether two accounts belong to one person: the same account, or the same person claim. */
export function isSamePerson(one: Identity, other: Identity): boolean {
  const isSameAccount = one.issuer === other.issuer && one.subject === other.subject;
  const person = personKey(one.person);
  return isSameAccount || (person !== undefined && person === personKey(other.person));
}

/**
 * Returns the person claim in the form in which it is compared. An employee number in another case, with a space or
 * with invisible characters belongs to the same person, and an empty one to nobody.
 */
export function personKey(claim: string | null | undefined): string | undefined {
  const key = claim
    ?.normalize("NFKC")
    .replace(/[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{C}]/gu, "")
    .toLowerCase();
  return key === "" ? undefined : key;
}

/** Returns whether the caller is a machine, which cannot approve. */
export function isMachine({ person }: Pick<Identity, "person">): boolean {
  return personKey(person) === undefined;
}

/**
 * Requires one of the roles.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnRole(caller: Person, ...roles: readonly Role[]): void {
  if (roles.some((role) => caller.roles.includes(role))) return;
  throw new Problem("forbidden", `This needs the role ${roles.join(" or ")}.`);
}
