import * as oauth from "oauth4webapi";

import { compressionOf, quotedRequestId } from "./answer";
import type { AssertionSigner } from "./assertion";
import { messageOf, printable, TenantManagementError } from "./errors";
import { RetryableFailure, parseRetryAfter, withRetries, type RetryPolicy } from "./retry";
import { describeClockSkew } from "./server-clock";
import type { HttpAnswer, Transport } from "./transport";

/** The organization client, and where it gets its tokens. */
export interface OrganizationClient {
  tokenUrl: string;
  clientId: string;
  /** The `kid` header of the client assertion; optional. */
  keyId?: string;
  sign: AssertionSigner;
}

/** What the tokens are asked for: the vendor's control plane, and nothing else. */
const scope = "tenants.read tenants.write tenants.applications.read tenants.applications.write";

/** A token is renewed this long before it ends, in milliseconds, or at half its life if that is shorter. */
const renewalMarginMs = 60_000;

/** How long a token is taken to live whose answer does not say (`expires_in` is optional), in seconds. */
const assumedLifetimeS = 300;

/** How long a token request is repeated, in milliseconds. */
const deadlineMs = 120_000;

interface Token {
  accessToken: string;
  renewAtMs: number;
}

/** Keeps the process's one access token: one request for it, however many callers wait. */
export class OrganizationTokens {
  #token: Token | undefined;
  #pending: Promise<Token> | undefined;

  constructor(
    private readonly client: OrganizationClient,
    private readonly transport: Transport,
    private readonly retryPolicy: RetryPolicy,
  ) {}

  /**
   * Gives the access token, asking for one when there is none or it is about to end.
   *
   * @throws {@link TenantManagementError} `TOKEN_REFUSED` with what to check
   * @see {@link https://www.rfc-editor.org/rfc/rfc7523#section-2.2 RFC 7523, section 2.2}
   */
  async get(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.renewAtMs) return this.#token.accessToken;
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return (await this.#pending).accessToken;
  }

  /** Forgets a token that the API did not take, unless it was renewed since. */
  forget(accessToken: string): void {
    if (this.#token?.accessToken === accessToken) this.#token = undefined;
  }

  async #renew(): Promise<Token> {
    this.#token = await withRetries(() => this.#request(), this.retryPolicy, AbortSignal.timeout(deadlineMs));
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
    const server: oauth.AuthorizationServer = { issuer: tokenUrl, token_endpoint: tokenUrl };
    const authentication: oauth.ClientAuth = async (_server, client, body) => {
      body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      body.set(
        "client_assertion",
        await sign({
          clientId: client.client_id,
          audience: tokenUrl,
          ...(keyId === undefined ? {} : { keyId }),
        }),
      );
    };
    const askedAtMs = Date.now();
    let answer: HttpAnswer | undefined;
    const fetch = async (url: string, init: oauth.CustomFetchOptions<"POST", URLSearchParams>) => {
      // The library adds a charset, which the media type does not have.
      const headers = { ...init.headers, "content-type": "application/x-www-form-urlencoded" };
      answer = await this.#exchange(new URL(url), headers, init.body.toString());
      return toResponse(answer);
    };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      { client_id: clientId },
      authentication,
      { scope },
      {
        [oauth.customFetch]: fetch,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- the settings allow http on loopback only
        [oauth.allowInsecureRequests]: true,
      },
    );
    try {
      const granted = await oauth.processClientCredentialsResponse(server, { client_id: clientId }, response);
      assertSendable(granted.access_token);
      const lifetimeMs = (granted.expires_in ?? assumedLifetimeS) * 1000;
      return {
        accessToken: granted.access_token,
        renewAtMs: askedAtMs + Math.max(lifetimeMs - renewalMarginMs, lifetimeMs / 2),
      };
    } catch (error) {
      const refusal = toRefusal(error, this.client, answer);
      // A success that cannot be read is some proxy's, or was cut off: the next one may be whole.
      throw response.ok ? new RetryableFailure(refusal) : refusal;
    }
  }

  /** Whatever fails here fails before the API is asked for anything: `TOKEN_REFUSED` says so. */
  async #exchange(url: URL, headers: Record<string, string>, body: string): Promise<HttpAnswer> {
    let answer: HttpAnswer;
    try {
      answer = await this.transport.send({ method: "POST", url, headers, body });
    } catch (error) {
      if (!(error instanceof TenantManagementError)) throw error;
      const failure = new TenantManagementError(
        "TOKEN_REFUSED",
        `The organization's authorization server gave no answer: ${error.message}. Check tenants:tokenUrl (${url.href}) and the network.`,
        { isPermanent: error.isPermanent, cause: error },
      );
      throw error.isPermanent ? failure : new RetryableFailure(failure);
    }
    const { status } = answer;
    if (status !== 408 && status !== 429 && status < 500) return answer;
    throw new RetryableFailure(
      new TenantManagementError(
        "TOKEN_REFUSED",
        `The organization's authorization server (${url.href}) answered ${status}, again and again${quotedRequestId(answer)}. Try later.`,
        { status },
      ),
      parseRetryAfter(answer.headers["retry-after"], Date.now()),
    );
  }
}

function toResponse(answer: HttpAnswer): Response {
  // Without `WWW-Authenticate`, which would hide the error that the body tells.
  const contentType = answer.headers["content-type"] ?? "";
  const hasBody = answer.status !== 204 && answer.status !== 205 && answer.status !== 304;
  return new Response(hasBody ? answer.body : null, {
    status: answer.status,
    headers: { "content-type": contentType },
  });
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 RFC 6750, the characters of a bearer token} */
function assertSendable(accessToken: string): void {
  if (!/^[\x21-\x7e]{1,16384}$/.test(accessToken)) {
    throw new TypeError("its access token has characters that no token has, or too many");
  }
}

function isInvalidClient(error: unknown): boolean {
  return (
    error instanceof TenantManagementError &&
    error.cause instanceof oauth.ResponseBodyError &&
    error.cause.error === "invalid_client"
  );
}

function toRefusal(
  error: unknown,
  client: OrganizationClient,
  answer: HttpAnswer | undefined,
): TenantManagementError {
  const compression = answer === undefined ? undefined : compressionOf(answer);
  const said =
    error instanceof oauth.ResponseBodyError
      ? [error.error, error.error_description].filter((part) => part !== undefined).join(": ")
      : compression === undefined
        ? messageOf(error)
        : `its answer is compressed (${compression}), which was not asked for`;
  const status = answer === undefined ? "" : ` (status ${answer.status})`;
  return new TenantManagementError(
    "TOKEN_REFUSED",
    `The organization's authorization server gave no token to client ${client.clientId}${status}: ${printable(said)}${answer === undefined ? "" : quotedRequestId(answer)}.` +
      (answer === undefined || answer.status < 400 ? "" : describeClockSkew(answer.headers)) +
      " Check tenants:tokenUrl, tenants:clientId, tenants:keyId, and that the vendor knows the public half of the organization's key. " +
      "If the configuration changed since the last `pulumi up`, give --run-program to `pulumi refresh` or `pulumi destroy`: " +
      "without it they use that `up`'s configuration.",
    {
      ...(answer === undefined ? {} : { status: answer.status }),
      // Any other cause holds the answer's body, and with it perhaps a token.
      ...(error instanceof oauth.ResponseBodyError ? { cause: error } : {}),
    },
  );
}
