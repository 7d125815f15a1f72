import { randomBytes, randomInt } from "node:crypto";

/** The access tokens of one kind of authorization server. */
export class AccessTokens {
  readonly #tokens = new Map<string, { scopes: readonly string[]; expiresAt: number }>();

  /**
   * Creates an opaque token.
   *
   * @param ttlS - how long it is valid, in seconds
   */
  issue(scopes: readonly string[], ttlS: number): string {
    const token = newSecret();
    this.#tokens.set(token, { scopes, expiresAt: Date.now() + ttlS * 1000 });
    return token;
  }

  /** Returns the scopes of a token, or undefined if it was not issued here, was revoked or has expired. */
  scopesOf(token: string): readonly string[] | undefined {
    const issued = this.#tokens.get(token);
    return issued !== undefined && issued.expiresAt > Date.now() ? issued.scopes : undefined;
  }

  revokeAll(): void {
    this.#tokens.clear();
  }
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Creates a client id in the vendor's form: `0oa` and 17 letters and digits. */
export function newClientId(): string {
  const tail = Array.from({ length: 17 }, () => alphabet.charAt(randomInt(alphabet.length)));
  return `0oa${tail.join("")}`;
}

/** Creates a secret of 384 bits: a client secret or an access token. */
export function newSecret(): string {
  return randomBytes(48).toString("base64url");
}
