import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { z } from "zod";

import { type IssuerFetch, longestExchangeMs } from "../identity/issuer-fetch";

/** Thrown if the issuer's keys cannot be read now, which proves nothing about a token. */
export class IssuerKeysError extends Error {
  override readonly name = "IssuerKeysError";
}

/** How long an issuer that did not answer is not called again, in milliseconds. */
export const issuerCooldownMs = 5_000;

/** How long a job waits if the issuer's keys cannot be read to verify its approvals, in seconds. */
export const issuerRetrySeconds = 30;

/**
 * Finds the key with which the issuer signed a token. The keys are read when one is first needed, every ten minutes,
 * and if a token names an unknown one, at most every 30 seconds (`createRemoteJWKSet`). So strangers' tokens cannot
 * cause a flood of requests to the issuer.
 *
 * @returns a function that throws {@link IssuerKeysError} if the keys cannot be read, and an error of `jose` if none of
 *   them matches the token
 */
export function findIssuerKey(
  issuer: string,
  fetch: IssuerFetch,
  now: () => number = Date.now,
): JWTVerifyGetKey {
  const ask = askWithCooldown(issuer, fetch, now);
  let found: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  return async (header, token) => {
    const discovered = (found ??= discover(issuer, ask));
    try {
      return await (
        await discovered
      )(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      const keys = await discovered.catch(() => undefined);
      // They may have moved: the next token causes the discovery document to be read again. The known keys still count.
      if (keys?.fresh !== true && found === discovered) found = undefined;
      throw error instanceof IssuerKeysError ? error : unreadable(issuer, error);
    }
  };
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function unreadable(issuer: string, cause: unknown): IssuerKeysError {
  return new IssuerKeysError(`The keys of the issuer ${issuer} cannot be read now.`, { cause });
}

/** Reads a JSON document of the issuer. */
type Ask = <T>(url: string, init: Parameters<IssuerFetch>[1], read: (document: unknown) => T) => Promise<T>;

/** Calls the issuer. After a wrong answer or none, it is not called again for a while. */
function askWithCooldown(issuer: string, fetch: IssuerFetch, now: () => number): Ask {
  let failure: { error: IssuerKeysError; until: number } | undefined;
  return async (url, init, read) => {
    if (failure !== undefined && now() < failure.until) throw failure.error;
    try {
      const answer = await fetch(url, init);
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
      const document = read(await answer.json());
      failure = undefined;
      return document;
    } catch (error) {
      failure = { error: unreadable(issuer, error), until: now() + issuerCooldownMs };
      throw failure.error;
    }
  };
}

async function discover(issuer: string, ask: Ask): Promise<ReturnType<typeof createRemoteJWKSet>> {
  const address = await ask(
    `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    {},
    (document) => {
      const { issuer: named, jwks_uri: found } = discoverySchema.parse(document);
      if (named !== issuer) throw new Error(`The issuer at ${issuer} reports the name ${named}.`);
      return new URL(found);
    },
  );
  return createRemoteJWKSet(address, {
    timeoutDuration: longestExchangeMs,
    [customFetch]: (url, given) => ask(url, given, (document) => Response.json(document)),
  });
}

const discoverySchema = z.looseObject({ issuer: z.string(), jwks_uri: z.string() });
