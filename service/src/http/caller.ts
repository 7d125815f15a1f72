import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyRequest } from "fastify";

import type { ServiceContext } from "../context";
import { verifyAccessToken } from "../identity/access-token";
import type { LogIn } from "../identity/log-in";
import { seePerson } from "../identity/people";
import { findSession } from "../identity/sessions";
import type { Person, Role } from "../person";
import { Problem } from "../problem";
import type { ServiceSettings } from "../settings/settings";

/** What is needed to identify a caller. */
type Identifying = ServiceContext & { readonly logIn: LogIn };

/** The caller, and how they were identified. */
export interface Caller {
  readonly person: Person;
  /** The bearer token of the call; undefined if it came with a session's cookie. */
  readonly accessToken: string | undefined;
}

const safeMethods = ["GET", "HEAD", "OPTIONS"];

/**
 * Identifies the caller by the bearer token, if there is one, otherwise by the session's cookie.
 *
 * @throws {@link Problem} `unauthenticated`; `forbidden` if another site sent the browser here
 */
export async function identifyCaller(context: Identifying, request: FastifyRequest): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(authorization)?.[1];
    if (token === undefined)
      throw new Problem("unauthenticated", "The header Authorization must be `Bearer` and an access token.");
    const account = await verifyAccessToken(context, token);
    return { person: await seePerson(context, account), accessToken: token };
  }
  const person = await personOfSession(context, request);
  if (person === undefined)
    throw new Problem("unauthenticated", "Log in at /login, or send an access token of the issuer.");
  insistOnOwnOrigin(context, request);
  return { person, accessToken: undefined };
}

/** Returns the person of the cookie's session; undefined without one. */
export async function personOfSession(
  context: Identifying,
  request: FastifyRequest,
): Promise<Person | undefined> {
  const session = request.cookies[cookieNames(context.settings).session];
  return session === undefined ? undefined : await findSession(context, session);
}

/**
 * Refuses calls that another site made a browser send.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnOwnOrigin(
  { settings }: Pick<ServiceContext, "settings">,
  { method, headers }: FastifyRequest,
): void {
  if (safeMethods.includes(method)) return;
  const site = headers["sec-fetch-site"];
  const isOwnOrigin = headers.origin === new URL(settings.url).origin;
  const isOwnSite = site === "same-origin" || (site === undefined && isOwnOrigin);
  if (isOwnSite && (headers.origin === undefined || isOwnOrigin)) return;
  throw new Problem("forbidden", "This call came from another site.");
}

/**
 * Requires one of the roles.
 *
 * @throws {@link Problem} `forbidden`
 */
export function insistOnRole({ roles }: Person, ...wanted: readonly Role[]): void {
  if (wanted.some((role) => roles.includes(role))) return;
  throw new Problem("forbidden", `This needs the role ${wanted.join(" or ")}, which you do not have.`, {
    needs: wanted,
  });
}

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
