import type { CookieSerializeOptions } from "@fastify/cookie";

import type { ServiceSettings } from "../settings/settings";

/** The names of the service's cookies. On http, which loopback alone may be, browsers take no `__Host-` cookie. */
export function cookieNames({ url }: Pick<ServiceSettings, "url">): { session: string; logIn: string } {
  const prefix = isSecure(url) ? "__Host-" : "";
  return { session: `${prefix}session`, logIn: `${prefix}log-in` };
}

/** Gives how a cookie is set: for this host alone, never shown to scripts. */
export function cookieOptions(
  { url }: Pick<ServiceSettings, "url">,
  maxAgeSeconds: number,
): CookieSerializeOptions {
  return { path: "/", httpOnly: true, secure: isSecure(url), sameSite: "lax", maxAge: maxAgeSeconds };
}

function isSecure(url: string): boolean {
  return new URL(url).protocol === "https:";
}
