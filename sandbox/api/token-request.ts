import { OAuthError } from "./answer";
import { mediaTypeOf } from "./exchange";

/** A received request to a token endpoint. */
export interface TokenRequest {
  method: string;
  /** Path with query. */
  url: string;
  contentType: string | undefined;
  authorization: string | undefined;
  body: string;
}

/**
 * Parses the form of a client credentials request.
 *
 * @throws OAuthError for another method, another encoding, another grant, or a duplicate parameter
 * @see [RFC 6749, section 4.4.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2)
 */
export function formOf({ method, url, contentType, body }: TokenRequest): URLSearchParams {
  if (method !== "POST") {
    throw new OAuthError("invalid_request", "a token is asked for with POST", {
      status: 405,
      headers: { allow: "POST" },
    });
  }
  if (url.includes("?")) {
    throw new OAuthError("invalid_request", "parameters belong in the body, not in the URL");
  }
  if (mediaTypeOf(contentType) !== "application/x-www-form-urlencoded") {
    throw new OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded", {
      status: 415,
    });
  }
  const form = new URLSearchParams(body);
  const names = [...form.keys()];
  if (new Set(names).size < names.length) {
    throw new OAuthError("invalid_request", "a parameter is given more than once");
  }
  const grantType = form.get("grant_type");
  if (grantType === null) {
    throw new OAuthError("invalid_request", "grant_type is missing");
  }
  if (grantType !== "client_credentials") {
    throw new OAuthError("unsupported_grant_type", "grant_type must be client_credentials");
  }
  return form;
}

/**
 * Returns the requested scopes.
 *
 * @param allowed - the client's scopes
 * @throws OAuthError `invalid_scope` if there are none, or one that is not allowed
 */
export function requestedScopes(form: URLSearchParams, allowed: readonly string[]): string[] {
  const scopes = [...new Set((form.get("scope") ?? "").split(" ").filter((scope) => scope !== ""))];
  if (scopes.length === 0) {
    throw new OAuthError(
      "invalid_scope",
      "scope is missing: this authorization server has no default scopes",
    );
  }
  const refused = scopes.filter((scope) => !allowed.includes(scope));
  if (refused.length > 0) {
    throw new OAuthError("invalid_scope", `the client may not have: ${refused.join(" ")}`);
  }
  return scopes;
}
