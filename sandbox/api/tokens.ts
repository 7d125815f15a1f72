import { newSecret } from "./ids";

/** The access tokens of one kind of authorization server. */
export class AccessTokens {
  readonly #tokens = new Map<string, { scopes: readonly string[]; expiresAt: number }>();

  /**
   * Makes an opaque token.
   *
   * @param ttlS - how long it is valid, in seconds
   */
  issue(scopes: readonly string[], ttlS: number): string {
    const token = newSecret();
    this.#tokens.set(token, { scopes, expiresAt: Date.now() + ttlS * 1000 });
    return token;
  }

  /** Gives the scopes of a token, or undefined if it was not issued here, was revoked or has expired. */
  scopesOf(token: string): readonly string[] | undefined {
    const issued = this.#tokens.get(token);
    return issued !== undefined && issued.expiresAt > Date.now() ? issued.scopes : undefined;
  }

  revokeAll(): void {
    this.#tokens.clear();
  }
}
