import * as oauth from "oauth4webapi";

import { askedWaitMs, compressionOf, quotedRequestId } from "./answer-headers";
import type { AssertionSigner } from "./assertion";
import { TenantManagementError } from "./errors";
import { parseJson } from "./json";
import { isPage } from "./not-found";
import { RetryableFailure } from "./retry";
import { describeClockSkew } from "./server-clock";
import { messageOf, printable } from "./text";
import type { HttpAnswer, Transport } from "./transport";

/** A token request: client, server and scopes. */
export interface TokenRequest {
  tokenUrl: string;
  clientId: string;
  /** The scopes, separated by spaces. */
  scope: string;
  authentication: oauth.ClientAuth;
  /** The parts of an error about the server. */
  words: {
    /** The server's name, to start a sentence: `The organization's authorization server`. */
    server: string;
    /** What to check if there is no answer: a sentence. */
    whereItIs: string;
    /** What to check if it refuses: sentences. */
    remedy: string;
  };
}

/** A token. */
export interface GrantedToken {
  accessToken: string;
  /** Its lifetime in seconds, if the answer contains it. */
  expiresInS: number | undefined;
}

/** Authenticates a client by an assertion, made for the token URL (`private_key_jwt`). */
export function byAssertion(
  tokenUrl: string,
  keyId: string | undefined,
  sign: AssertionSigner,
): oauth.ClientAuth {
  return async (_server, client, body) => {
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
}

/**
 * Requests a token once, by the client credentials grant.
 *
 * @throws {@link RetryableFailure} if the same request may succeed later
 * @throws {@link TenantManagementError} `TOKEN_REFUSED` with what to check
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2 RFC 6749, section 4.4.2}
 */
export async function requestToken(request: TokenRequest, transport: Transport): Promise<GrantedToken> {
  const { tokenUrl, clientId, scope, authentication } = request;
  const server: oauth.AuthorizationServer = { issuer: tokenUrl, token_endpoint: tokenUrl };
  let answer: HttpAnswer | undefined;
  const fetch = async (url: string, init: oauth.CustomFetchOptions<"POST", URLSearchParams>) => {
    // The library adds a charset, which the media type does not have.
    const headers = { ...init.headers, "content-type": "application/x-www-form-urlencoded" };
    answer = await exchange(request, new URL(url), headers, init.body.toString(), transport);
    return toResponse(answer);
  };
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: clientId },
    authentication,
    { scope },
    {
      [oauth.customFetch]: fetch,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- whoever calls allows http on loopback only
      [oauth.allowInsecureRequests]: true,
    },
  );
  try {
    const granted = await oauth.processClientCredentialsResponse(server, { client_id: clientId }, response);
    assertUsable(granted);
    return { accessToken: granted.access_token, expiresInS: granted.expires_in };
  } catch (error) {
    const refusal = toRefusal(error, request, answer);
    // A success or a 404 without valid JSON came from a proxy or a gateway, or was cut off: the next answer may be the
    // server's.
    const isWhole = answer !== undefined && parseJson(answer.body) !== undefined;
    const mayBeAnothers = response.ok || response.status === 404;
    throw mayBeAnothers && !isWhole ? new RetryableFailure(refusal) : refusal;
  }
}

/** Any failure here comes before a request to the API: `TOKEN_REFUSED` says so. */
async function exchange(
  { words }: TokenRequest,
  url: URL,
  headers: Record<string, string>,
  body: string,
  transport: Transport,
): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await transport.send({ method: "POST", url, headers, body });
  } catch (error) {
    if (!(error instanceof TenantManagementError)) throw error;
    const failure = new TenantManagementError(
      "TOKEN_REFUSED",
      `${words.server} did not answer: ${error.message}. ${words.whereItIs}`,
      { isPermanent: error.isPermanent, cause: error },
    );
    throw error.isPermanent ? failure : new RetryableFailure(failure);
  }
  const { status } = answer;
  if (status !== 408 && status !== 429 && status < 500) return answer;
  const askedMs = askedWaitMs(answer);
  const until = askedMs === undefined ? "" : `, and asked to wait ${Math.ceil(askedMs / 1000)} s`;
  throw new RetryableFailure(
    new TenantManagementError(
      "TOKEN_REFUSED",
      `${words.server} (${url.href}) repeatedly answered ${status}${until}${quotedRequestId(answer)}. Try later.`,
      { status },
    ),
    askedMs,
    words.server,
  );
}

/** Returns whether a token request was refused because the client was not recognized (`invalid_client`). */
export function isInvalidClient(error: unknown): boolean {
  return (
    error instanceof TenantManagementError &&
    error.cause instanceof oauth.ResponseBodyError &&
    error.cause.error === "invalid_client"
  );
}

function toResponse(answer: HttpAnswer): Response {
  // Without `WWW-Authenticate`, which would hide the error in the body.
  const contentType = answer.headers["content-type"] ?? "";
  const hasBody = answer.status !== 204 && answer.status !== 205 && answer.status !== 304;
  return new Response(hasBody ? answer.body : null, {
    status: answer.status,
    headers: { "content-type": contentType },
  });
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 RFC 6750, the characters of a bearer token} */
function assertUsable({ access_token: accessToken, token_type: type }: oauth.TokenEndpointResponse): void {
  if (type !== "bearer") throw new TypeError(`its access token has the type ${type}, not Bearer`);
  if (!/^[\x21-\x7e]{1,16384}$/.test(accessToken)) {
    throw new TypeError("its access token is too long or has invalid characters");
  }
}

const ofPage =
  "Its answer is a web page: most likely a proxy's, a firewall's or a gateway's on the way there.";

function toRefusal(
  error: unknown,
  { clientId, words }: TokenRequest,
  answer: HttpAnswer | undefined,
): TenantManagementError {
  const compression = answer === undefined ? undefined : compressionOf(answer);
  const said =
    error instanceof oauth.ResponseBodyError
      ? [error.error, error.error_description].filter((part) => part !== undefined).join(": ")
      : compression === undefined
        ? messageOf(error)
        : `its answer is compressed (${compression}), which was not requested`;
  const status = answer === undefined ? "" : ` (status ${answer.status})`;
  return new TenantManagementError(
    "TOKEN_REFUSED",
    `${words.server} returned no token to client ${clientId}${status}: ${printable(said).replace(/\.+$/, "")}${answer === undefined ? "" : quotedRequestId(answer)}.` +
      (answer === undefined || answer.status < 400 ? "" : describeClockSkew(answer.headers)) +
      (answer !== undefined && isPage(answer) ? ` ${ofPage}` : "") +
      ` ${words.remedy}`,
    {
      ...(answer === undefined ? {} : { status: answer.status }),
      // Any other cause contains the answer's body, and with it perhaps a token.
      ...(error instanceof oauth.ResponseBodyError ? { cause: error } : {}),
    },
  );
}
