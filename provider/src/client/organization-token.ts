import type { AssertionSigner } from "./assertion";
import { patienceMs, type RetryPolicy, withRetries } from "./retry";
import { byAssertion, isInvalidClient, requestToken, type TokenRequest } from "./token-endpoint";
import type { Transport } from "./transport";

/** The organization's client, and the URL of its tokens. */
export interface OrganizationClient {
  tokenUrl: string;
  clientId: string;
  /** The `kid` header of the client assertion; optional. */
  keyId?: string;
  sign: AssertionSigner;
}

/** The scopes of the tokens: only the vendor's control plane. */
const scope = "tenants.read tenants.write tenants.applications.read tenants.applications.write";

/** A token is renewed this long before it expires, in milliseconds, or after half its life if that is shorter. */
const renewalMarginMs = 60_000;

/** The assumed lifetime of a token without `expires_in`, in seconds. */
const assumedLifetimeS = 300;

interface Token {
  accessToken: string;
  renewAtMs: number;
}

/**
 * Holds the process's access token: one request for it, however many callers wait.
 *
 * @example
 * ```ts
 * async function tokenOf(client: OrganizationClient): Promise<string> {
 *   return new OrganizationTokens(client, createTransport(), defaultRetryPolicy).get();
 * }
 * ```
 */
export class OrganizationTokens {
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;

  constructor(
    private readonly client: OrganizationClient,
    private readonly transport: Transport,
    private readonly retryPolicy: RetryPolicy,
  ) {}

  /** The URL from which the tokens come. */
  get tokenUrl(): string {
    return this.client.tokenUrl;
  }

  /**
   * Returns the access token; requests one if it is missing or about to expire.
   *
   * @throws {@link TenantManagementError} `TOKEN_REFUSED` with what to check
   * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 RFC 7523, section 2.2}
   */
  async get(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.renewAtMs) return this.#token.accessToken;
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return (await this.#pending).accessToken;
  }

  /** Discards a token that the API refused, unless it has been renewed. */
  forget(accessToken: string): void {
    if (this.#token?.accessToken === accessToken) this.#token = undefined;
  }

  async #renew(): Promise<Token> {
    this.#token = await withRetries(
      () => this.#request(),
      this.retryPolicy,
      AbortSignal.timeout(patienceMs.token),
    );
    return this.#token;
  }

  async #request(): Promise<Token> {
    try {
      return await this.#requestWith(this.client.keyId);
    } catch (error) {
      // After a change of the key, `refresh` and `destroy` still see the key id of the last `up`; a server that is
      // given none tries every key it knows.
      if (this.client.keyId !== undefined && isInvalidClient(error))
        return await this.#requestWith(undefined);
      throw error;
    }
  }

  async #requestWith(keyId: string | undefined): Promise<Token> {
    const { tokenUrl, clientId, sign } = this.client;
    const askedAtMs = Date.now();
    const granted = await requestToken(
      {
        tokenUrl,
        clientId,
        scope,
        authentication: byAssertion(tokenUrl, keyId, sign),
        words: wordsOf(tokenUrl),
      },
      this.transport,
    );
    const lifetimeMs = (granted.expiresInS ?? assumedLifetimeS) * 1000;
    return {
      accessToken: granted.accessToken,
      renewAtMs: askedAtMs + Math.max(lifetimeMs - renewalMarginMs, lifetimeMs / 2),
    };
  }
}

function wordsOf(tokenUrl: string): TokenRequest["words"] {
  return {
    server: "The organization's authorization server",
    whereItIs: `Check tenants:tokenUrl (${new URL(tokenUrl).href}) and the network.`,
    remedy:
      "Check tenants:tokenUrl, tenants:clientId, tenants:keyId, and that the vendor knows the public half of the organization's key. " +
      "If the configuration changed since the last `pulumi up`, add --run-program to `pulumi refresh` or `pulumi destroy`: " +
      "without it they use that `up`'s configuration.",
  };
}
