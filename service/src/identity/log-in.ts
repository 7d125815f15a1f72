import { createHmac, randomBytes } from "node:crypto";

import { EncryptJWT, jwtDecrypt } from "jose";
import * as oidc from "openid-client";
import { mayBeMisread } from "pulumi-resistant-tenants/internal/application-credentials";
import { z } from "zod";

import { Problem } from "../problem";
import { isLoopback } from "../settings/loopback";
import type { ServiceSettings } from "../settings/settings";
import { type Account, accountOf } from "./account";
import {
  type Bound,
  canonicalList,
  type DecisionToken,
  nonceOf,
  nonceOfSeveral,
  togetherSchema,
} from "./decision-log-in";
import type { IssuerFetch } from "./issuer-fetch";

/** The decision that a fresh log-in confirms. */
const decisionSchema = z.strictObject({
  requestId: z.string(),
  decision: z.enum(["approve", "refuse"]),
  digest: z.string(),
  comment: z.string().optional(),
});
/** A decision that a fresh log-in confirms. */
export type Decision = z.output<typeof decisionSchema>;

const pendingSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  startedAt: z.number(),
  decision: decisionSchema.optional(),
  together: togetherSchema.optional(),
  random: z.string().optional(),
});
type Pending = z.output<typeof pendingSchema>;

/** Makes the issuer ask for the password even if the browser has a session there. */
const again = { prompt: "login", max_age: "0" } as const;

/** How long a log-in at the issuer may take. */
const pendingTime = "10 minutes";
/** How long the data for logging out is valid: as long as a session. */
const farewellTime = "8 hours";
/** Browsers limit a cookie to 4 KiB, including its name and attributes. */
const longestCookie = 3_800;

/** A started log-in: the URL to go to, and the cookie that the browser must bring back. */
export interface BegunLogIn {
  readonly location: URL;
  readonly cookie: string;
}

/** A completed log-in. */
export interface LoggedIn {
  readonly account: Account;
  /** A path of this service. */
  readonly returnTo: string;
  /** The decision, or the approvals, that it confirms; otherwise undefined. */
  readonly decided: Decided | undefined;
  /** What the browser stores for logging out at the issuer, too: the encrypted ID token. Absent if it is too long. */
  readonly farewell: string | undefined;
}

/** A decision, and the log-in that proves it. */
export interface Decided {
  readonly decisions: readonly Decision[];
  readonly token: Extract<DecisionToken, { kind: "idToken" }>;
}

/** Logs people in at the issuer: authorization code with PKCE. */
export interface LogIn {
  /** @param isFresh - Whether the password must be entered again, even if the issuer knows the browser. */
  begin(returnTo: string, isFresh?: boolean): Promise<BegunLogIn>;
  /** Starts a log-in that confirms a decision: its nonce is the hash of the decision. */
  beginDecision(decision: Decision): Promise<BegunLogIn>;
  /** Starts one log-in for several approvals: its nonce is the hash of all of them. */
  beginApprovals(approvals: readonly Bound[]): Promise<BegunLogIn>;
  /** Seals a text, which only the web process can do. */
  seal(what: "session", text: string): string;
  /** @throws {@link Problem} if the response does not belong to the log-in that this browser started */
  end(url: URL, cookie: string | undefined): Promise<LoggedIn>;
  /**
   * Returns the address at which a browser ends its session at the issuer (RP-initiated logout); undefined if the
   * issuer has none, or does not answer.
   *
   * @param farewell - What the browser has stored since its log-in.
   */
  logOutUrl(farewell: string | undefined): Promise<URL | undefined>;
}

/**
 * @param clientSecret of the service's client at the issuer
 * @param sealingKey 32 bytes: encrypts what a browser stores during a log-in
 */
export function openLogIn(
  settings: ServiceSettings,
  {
    clientSecret,
    sealingKey,
    issuerFetch,
  }: { clientSecret: string; sealingKey: Uint8Array; issuerFetch: IssuerFetch },
): LogIn {
  const { identity, url } = settings;
  const issuer = new URL(identity.issuer);
  const redirectUri = new URL("/callback", url).href;
  /** No answer, or one of an issuer that is busy or broken, says nothing about a log-in. */
  const ask: IssuerFetch = async (address, init) => {
    const answer = await issuerFetch(address, init).catch((error: unknown) => {
      throw noAnswer(error);
    });
    if (answer.status === 429 || answer.status >= 500)
      throw noAnswer(new Error(`${address} answered ${answer.status}.`));
    return answer;
  };
  const discovering = (authentication: oidc.ClientAuth): (() => Promise<oidc.Configuration>) => {
    let found: Promise<oidc.Configuration> | undefined;
    return async () => {
      found ??= oidc.discovery(issuer, identity.clientId, clientSecret, authentication, {
        [oidc.customFetch]: ask,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out: loopback only
        ...(isLoopback(issuer) ? { execute: [oidc.allowInsecureRequests] } : {}),
      });
      try {
        return await found;
      } catch (error) {
        found = undefined;
        throw noAnswer(error);
      }
    };
  };
  const inHeader = discovering(oidc.ClientSecretBasic(clientSecret));
  const inBody = discovering(oidc.ClientSecretPost(clientSecret));
  /** With the way of sending the secret that worked last. */
  let configuration = inHeader;

  /** A code is not used up by a client that was not recognized. */
  const exchange = async (current: URL, pending: Pending): ReturnType<typeof oidc.authorizationCodeGrant> => {
    const exchangeBy = async (asking: typeof configuration): ReturnType<typeof exchange> =>
      oidc.authorizationCodeGrant(await asking(), current, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      });
    const first = configuration;
    try {
      return await exchangeBy(first);
    } catch (error) {
      // Never a third try: a server may lock a client after a few.
      if (!isUnrecognized(error) || !mayBeMisread(identity.clientId, clientSecret)) throw error;
      const other = first === inHeader ? inBody : inHeader;
      const tokens = await exchangeBy(other);
      configuration = other;
      return tokens;
    }
  };

  const begin = async (
    rest: Pick<Pending, "returnTo" | "decision" | "together" | "random"> & { nonce: string },
    more: Record<string, string>,
  ): Promise<BegunLogIn> => {
    const pending: Pending = {
      ...rest,
      state: oidc.randomState(),
      verifier: oidc.randomPKCECodeVerifier(),
      startedAt: Date.now(),
    };
    const location = oidc.buildAuthorizationUrl(await configuration(), {
      redirect_uri: redirectUri,
      scope: "openid profile email",
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: "S256",
      ...more,
    });
    const cookie = await encrypt({ pending }, sealingKey, pendingTime);
    return { location, cookie };
  };

  return {
    begin: (returnTo, isFresh = false) =>
      begin({ nonce: oidc.randomNonce(), returnTo: ownPath(returnTo) }, isFresh ? again : {}),
    beginDecision: (decision) => {
      const random = randomBytes(32).toString("base64url");
      const { requestId, digest } = decision;
      const nonce = nonceOf({ request: requestId, digest, decision: decision.decision, random });
      const returnTo = `/requests/${encodeURIComponent(requestId)}`;
      return begin({ nonce, returnTo, decision, random }, again);
    },
    beginApprovals: (approvals) => {
      const random = randomBytes(32).toString("base64url");
      const together = togetherSchema.parse(canonicalList(approvals));
      return begin({ nonce: nonceOfSeveral(together, random), returnTo: "/", together, random }, again);
    },
    seal: (what, text) => createHmac("sha256", sealingKey).update(`${what}\n${text}`).digest("base64url"),
    end: async (current, cookie) => {
      const pending = await unseal(cookie, sealingKey);
      let tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;
      try {
        tokens = await exchange(current, pending);
      } catch (error) {
        const problem = problemIn(error);
        if (problem !== undefined) throw problem;
        throw new Problem("unauthenticated", "The log-in failed. Start again.", undefined, {
          cause: error,
        });
      }
      const [claims, idToken] = [tokens.claims(), tokens.id_token];
      if (claims === undefined || idToken === undefined)
        throw new Problem(
          "unauthenticated",
          "The identity provider returned no ID token. Start the log-in again.",
        );
      const account = accountOf(claims, settings);
      const sealed = await encrypt({ idToken }, sealingKey, farewellTime);
      const farewell = sealed.length > longestCookie ? undefined : sealed;
      const { decision, together, random, returnTo } = pending;
      const decisions = decision === undefined ? (together ?? []).map(toDecision) : [decision];
      if (decisions.length === 0 || random === undefined)
        return { account, returnTo, decided: undefined, farewell };
      // The issuer must have asked for the password again: `auth_time` may not be earlier than this log-in.
      if ((account.authenticatedAt?.getTime() ?? 0) < pending.startedAt - 60_000)
        throw new Problem("staleLogIn", "The identity provider did not ask you to log in again.");
      const token = {
        kind: "idToken",
        idToken,
        random,
        ...(together === undefined ? {} : { together }),
      } as const;
      return { account, returnTo, decided: { decisions, token }, farewell };
    },
    logOutUrl: async (farewell) => {
      const known = await configuration().catch(() => undefined);
      if (known?.serverMetadata().end_session_endpoint === undefined) return undefined;
      const idToken = await idTokenIn(farewell, sealingKey);
      return oidc.buildEndSessionUrl(known, {
        post_logout_redirect_uri: new URL("/", url).href,
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      });
    },
  };
}

function noAnswer(cause: unknown): Problem {
  return new Problem("unavailable", "The identity provider does not answer. Try again later.", undefined, {
    cause,
  });
}

/** The library wraps what its requests throw. */
function problemIn(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  return error instanceof Error ? problemIn(error.cause) : undefined;
}

/** Some servers answer 400 instead of 401, others 401 without a readable error. */
function isUnrecognized(error: unknown): boolean {
  return error instanceof oidc.ResponseBodyError
    ? error.error === "invalid_client" || error.status === 401
    : error instanceof oidc.WWWAuthenticateChallengeError && error.status === 401;
}

function toDecision({ request, ...rest }: Bound): Decision {
  return { requestId: request, ...rest };
}

async function encrypt(
  claims: Readonly<Record<string, unknown>>,
  key: Uint8Array,
  lifetime: string,
): Promise<string> {
  return await new EncryptJWT(claims)
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setExpirationTime(lifetime)
    .encrypt(key);
}

const decryption = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };

async function idTokenIn(farewell: string | undefined, key: Uint8Array): Promise<string | undefined> {
  try {
    const { payload } = await jwtDecrypt(farewell ?? "", key, decryption);
    return z.string().parse(payload["idToken"]);
  } catch {
    return undefined;
  }
}

async function unseal(cookie: string | undefined, key: Uint8Array): Promise<Pending> {
  try {
    const { payload } = await jwtDecrypt(cookie ?? "", key, decryption);
    return pendingSchema.parse(payload["pending"]);
  } catch {
    throw new Problem(
      "unauthenticated",
      "This browser has not started a log-in, or it took longer than 10 minutes. Start again.",
    );
  }
}

/** Returns a path of this service for any link. */
function ownPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes("\\") ? path : "/";
}
