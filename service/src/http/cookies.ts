import type { CookieSerializeOptions } from "@fastify/cookie";

import type { ServiceSettings } from "../settings/settings";

/**
 * Returns the names of the service's cookies. Over http, which is allowed only on loopback, browsers accept
 * no `__Host-` cookie.
 */
export function cookieNames({ url }: Pick<ServiceSettings, "url">): {
  session: string;
  logIn: string;
  farewell: string;
} {
  const prefix = isSecure(url) ? "__Host-" : "";
  return { session: `${prefix}session`, logIn: `${prefix}log-in`, farewell: `${prefix}log-out` };
}

/** Returns the options of a cookie: for this host only, and not readable by scripts. */
export function cookieOptions(
  { url }: Pick<ServiceSettings, "url">,
  maxAgeSeconds: number,
): CookieSerializeOptions {
  return { path: "/", httpOnly: true, secure: isSecure(url), sameSite: "lax", maxAge: maxAgeSeconds };
}

function isSecure(url: string): boolean {
  return new URL(url).protocol === "https:";
}
