import { createTransport } from "pulumi-resistant-tenants/client";
import { readProxies } from "pulumi-resistant-tenants/internal/reach";

/** What sends requests to the issuer, as `jose` and `openid-client` call it. */
export type IssuerFetch = (
  url: string,
  init: {
    method?: string | undefined;
    headers?: Headers | Record<string, string> | undefined;
    /** A form, or its text: nothing else is sent to an issuer. */
    body?: unknown;
  },
) => Promise<Response>;

/** How long an exchange with the issuer may take, in milliseconds. */
export const longestExchangeMs = 10_000;

/**
 * Opens connections to the issuer, through the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. No redirect is
 * followed.
 *
 * @param environment of this process
 * @returns a function that throws `TenantManagementError` if there is no answer
 * @throws TenantManagementError `INPUT_INVALID` if a proxy's URL is invalid
 */
export function openIssuerFetch(environment: Readonly<Record<string, string | undefined>>): IssuerFetch {
  const transport = createTransport({ exchangeTimeoutMs: longestExchangeMs }, readProxies(environment));
  return async (url, { method, headers: given, body }) => {
    const headers: Record<string, string> = {};
    new Headers(given).forEach((value, name) => {
      headers[name] = value;
    });
    const answer = await transport.send({
      method: method === "POST" ? "POST" : "GET",
      url: new URL(url),
      headers,
      ...(typeof body === "string" || body instanceof URLSearchParams ? { body: body.toString() } : {}),
    });
    return new Response(answer.body === "" ? null : answer.body, answer);
  };
}
