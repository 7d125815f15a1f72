import { randomBytes } from "node:crypto";

import { EncryptJWT, jwtDecrypt } from "jose";
import * as oidc from "openid-client";
import { z } from "zod";

import { nonceOf } from "../approval/evidence";
import { Problem } from "../problem";
import { isLoopback } from "../settings/loopback";
import type { ServiceSettings } from "../settings/settings";
import { type Account, accountOf } from "./account";

/** What a fresh log-in is to show that somebody has decided. */
const decisionSchema = z.strictObject({
  requestId: z.string(),
  decision: z.enum(["approve", "refuse"]),
  digest: z.string(),
  comment: z.string().optional(),
});
export type Decision = z.output<typeof decisionSchema>;

const pendingSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  startedAt: z.number(),
  decision: decisionSchema.optional(),
  random: z.string().optional(),
});
type Pending = z.output<typeof pendingSchema>;

/** How long somebody may take at the issuer's page. */
const pendingTime = "10 minutes";

/** A log-in that has begun: where the browser goes, and the cookie that it brings back. */
export interface BegunLogIn {
  readonly location: URL;
  readonly cookie: string;
}

/** A log-in that has ended. */
export interface LoggedIn {
  readonly account: Account;
  /** A path of this service. */
  readonly returnTo: string;
  readonly decided: (Decision & { readonly idToken: string; readonly random: string }) | undefined;
}

/** Logs people in at the issuer: authorization code with PKCE. */
export interface LogIn {
  begin(returnTo: string): Promise<BegunLogIn>;
  /** Begins a log-in that shows that somebody has decided: its nonce is the hash of the decision. */
  beginDecision(decision: Decision): Promise<BegunLogIn>;
  /** @throws {@link Problem} where the answer does not belong to the log-in that this browser has begun */
  end(url: URL, cookie: string | undefined): Promise<LoggedIn>;
}

/**
 * @param clientSecret of the service's own client at the issuer
 * @param sealingKey 32 bytes: what a browser keeps during a log-in is encrypted with it
 */
export function openLogIn(
  settings: ServiceSettings,
  { clientSecret, sealingKey }: { clientSecret: string; sealingKey: Uint8Array },
): LogIn {
  const { identity, url } = settings;
  const issuer = new URL(identity.issuer);
  const redirectUri = new URL("/callback", url).href;
  let found: Promise<oidc.Configuration> | undefined;
  const configuration = async (): Promise<oidc.Configuration> => {
    found ??= oidc.discovery(
      issuer,
      identity.clientId,
      clientSecret,
      oidc.ClientSecretBasic(clientSecret),
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated to stand out: loopback only
      isLoopback(issuer) ? { execute: [oidc.allowInsecureRequests] } : {},
    );
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw new Problem("unavailable", "The identity provider does not answer. Try again later.", undefined, {
        cause: error,
      });
    }
  };

  const begin = async (
    rest: Pick<Pending, "returnTo" | "decision" | "random"> & { nonce: string },
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
    const cookie = await new EncryptJWT({ pending })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setExpirationTime(pendingTime)
      .encrypt(sealingKey);
    return { location, cookie };
  };

  return {
    begin: (returnTo) => begin({ nonce: oidc.randomNonce(), returnTo: ownPath(returnTo) }, {}),
    beginDecision: (decision) => {
      const random = randomBytes(32).toString("base64url");
      const { requestId, digest } = decision;
      const nonce = nonceOf({ request: requestId, digest, decision: decision.decision, random });
      const returnTo = `/requests/${encodeURIComponent(requestId)}`;
      return begin({ nonce, returnTo, decision, random }, { prompt: "login", max_age: "0" });
    },
    end: async (current, cookie) => {
      const pending = await unseal(cookie, sealingKey);
      let tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;
      try {
        tokens = await oidc.authorizationCodeGrant(await configuration(), current, {
          pkceCodeVerifier: pending.verifier,
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          idTokenExpected: true,
        });
      } catch (error) {
        if (error instanceof Problem) throw error;
        throw new Problem("unauthenticated", "The log-in did not succeed. Begin it again.", undefined, {
          cause: error,
        });
      }
      const [claims, idToken] = [tokens.claims(), tokens.id_token];
      if (claims === undefined || idToken === undefined)
        throw new Problem(
          "unauthenticated",
          "The identity provider gave no ID token. Begin the log-in again.",
        );
      const account = accountOf(claims, settings);
      const { decision, random, returnTo } = pending;
      if (decision === undefined || random === undefined) return { account, returnTo, decided: undefined };
      // The issuer must have asked again, whatever it calls the time.
      if ((account.authenticatedAt?.getTime() ?? 0) < pending.startedAt - 60_000)
        throw new Problem("staleLogIn", "The identity provider did not ask you to log in again.");
      return { account, returnTo, decided: { ...decision, idToken, random } };
    },
  };
}

async function unseal(cookie: string | undefined, key: Uint8Array): Promise<Pending> {
  try {
    const { payload } = await jwtDecrypt(cookie ?? "", key, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return pendingSchema.parse(payload["pending"]);
  } catch {
    throw new Problem(
      "unauthenticated",
      "This browser has begun no log-in, or took longer than 10 minutes. Begin it again.",
    );
  }
}

/** Gives a path of this service, wherever a link would lead. */
function ownPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes("\\") ? path : "/";
}
