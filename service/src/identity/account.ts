import { type Person, type Role, roles } from "../person";
import type { ServiceSettings } from "../settings/settings";

/** The account that a token of the issuer is about. */
export type Account = Omit<Person, "id">;

/** Verified claims. */
type Claims = Readonly<Record<string, unknown>> & { sub: string };

/**
 * Reads an account from the claims of a verified token.
 *
 * A token that a client got for itself (`sub` is the client, or `idtyp` is `app`) belongs to a machine, regardless of
 * its claims.
 */
export function accountOf(claims: Claims, { identity }: Pick<ServiceSettings, "identity">): Account {
  const isOfClient =
    claims.sub === claims["client_id"] || claims.sub === claims["azp"] || claims["idtyp"] === "app";
  const person = isOfClient ? undefined : textOf(claims[identity.personClaim]);
  const authTime = claims["auth_time"];
  return {
    issuer: identity.issuer,
    subject: claims.sub,
    person,
    name: textOf(claims["name"]),
    // An address that the issuer has not verified may belong to anyone.
    email: claims["email_verified"] === false ? undefined : textOf(claims["email"]),
    roles: listOf(claims[identity.rolesClaim]).filter((role): role is Role => roles.includes(role as Role)),
    groups: listOf(claims[identity.groupsClaim]),
    authenticatedAt:
      person !== undefined && typeof authTime === "number" ? new Date(authTime * 1_000) : undefined,
  };
}

function textOf(claim: unknown): string | undefined {
  if (typeof claim === "number") return String(claim);
  if (typeof claim !== "string") return undefined;
  // A name can contain any character, but the database accepts no NUL.
  const text = claim.replaceAll("\0", "").trim();
  return text === "" ? undefined : text;
}

function listOf(claim: unknown): string[] {
  if (typeof claim === "string") return claim.split(/[\s,]+/).filter((part) => part !== "");
  return Array.isArray(claim) ? claim.filter((part) => typeof part === "string") : [];
}
