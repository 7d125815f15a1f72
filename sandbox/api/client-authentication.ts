import { OAuthError } from "./answer";
import { claimedClientId, clientAssertionType } from "./client-assertion";

/** The unverified client authentication of a token request. */
export type ClientAuthentication =
  | { method: "client_secret"; clientId: string; clientSecret: string }
  | { method: "private_key_jwt"; clientId: string; assertion: string };

/**
 * Determines how the client of a token request authenticates.
 *
 * @param options - `basicAsItIs`: does not decode the two parts of Basic credentials, like many servers
 * @throws OAuthError if it does so in no way, in two ways, or in a malformed one
 * @see [RFC 6749, section 2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3)
 * @see [RFC 7521, section 4.2](https://www.rfc-editor.org/rfc/rfc7521#section-4.2)
 */
export function clientAuthenticationOf(
  form: URLSearchParams,
  authorization: string | undefined,
  { basicAsItIs = false }: { basicAsItIs?: boolean } = {},
): ClientAuthentication {
  const used = [authorization, form.get("client_secret"), form.get("client_assertion")];
  if (used.filter((value) => value !== undefined && value !== null).length > 1) {
    throw new OAuthError("invalid_request", "the client must authenticate in one way only");
  }
  const assertion = form.get("client_assertion");
  if (assertion !== null) {
    return assertionOf(form, assertion);
  }
  if (form.has("client_assertion_type")) {
    throw new OAuthError("invalid_request", "client_assertion is missing");
  }
  const claimed =
    authorization === undefined ? postedSecretOf(form) : basicSecretOf(authorization, basicAsItIs);
  const clientId = form.get("client_id");
  if (clientId !== null && clientId !== claimed.clientId) {
    throw new OAuthError("invalid_client", "client_id is not the client that authenticates");
  }
  return claimed;
}

function assertionOf(form: URLSearchParams, assertion: string): ClientAuthentication {
  if (form.get("client_assertion_type") !== clientAssertionType) {
    throw new OAuthError("invalid_request", `client_assertion_type must be ${clientAssertionType}`);
  }
  const clientId = claimedClientId(assertion);
  if (clientId === undefined) {
    throw new OAuthError("invalid_client", "the client assertion is not a JWT with a sub");
  }
  if (form.has("client_id") && form.get("client_id") !== clientId) {
    throw new OAuthError("invalid_client", "client_id is not the sub of the client assertion");
  }
  return { method: "private_key_jwt", clientId, assertion };
}

function postedSecretOf(form: URLSearchParams): ClientAuthentication {
  const clientId = form.get("client_id");
  const clientSecret = form.get("client_secret");
  if (clientId === null || clientSecret === null) {
    throw new OAuthError("invalid_client", "the client does not authenticate");
  }
  return { method: "client_secret", clientId, clientSecret };
}

/** Both parts are form-encoded before they are joined, as RFC 6749 requires and many libraries forget. */
function basicSecretOf(authorization: string, isAsItIs: boolean): ClientAuthentication {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  const pair = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const separator = pair.indexOf(":");
  if (separator < 0) {
    throw new OAuthError("invalid_client", "the Authorization header is not that of client_secret_basic");
  }
  const [clientId, clientSecret] = [pair.slice(0, separator), pair.slice(separator + 1)].map((part) =>
    isAsItIs ? part : fromFormEncoding(part),
  );
  if (clientId === undefined || clientSecret === undefined) {
    throw new OAuthError("invalid_client", "the Authorization header is not form-encoded");
  }
  return { method: "client_secret", clientId, clientSecret };
}

function fromFormEncoding(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
