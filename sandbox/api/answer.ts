/** A response before it is sent. `body` is written as JSON; without it there is no body. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** The longest `message` that the contract allows, in characters. */
const longestMessage = 512;

/** Ends an operation of the API with the contract's `{message}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.headers = headers;
  }

  toAnswer(): Answer {
    return {
      status: this.status,
      headers: this.headers,
      body: { message: this.message.slice(0, longestMessage) },
    };
  }
}

/** The error codes of an authorization server, with the HTTP status of each. */
const oauthStatus = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
} as const;
export type OAuthErrorCode = keyof typeof oauthStatus;

/**
 * Ends a token request with `{error, error_description}`.
 *
 * @see [RFC 6749, section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
 */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(
    code: OAuthErrorCode,
    description: string,
    details: { status?: number; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(description, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "OAuthError";
    this.code = code;
    this.status = details.status ?? oauthStatus[code];
    this.headers = details.headers ?? {};
  }

  toAnswer(): Answer {
    return {
      status: this.status,
      // HTTP requires a challenge with every 401 (RFC 9110, section 11.6.1).
      headers: this.status === 401 ? { ...this.headers, "www-authenticate": "Basic" } : this.headers,
      body: { error: this.code, error_description: this.message },
    };
  }
}
