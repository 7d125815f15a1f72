import { createHash } from "node:crypto";

import { jwtVerify } from "jose";
import { z } from "zod";

import {
  type Bound,
  type DecisionToken,
  isCanonical,
  nonceOf,
  nonceOfSeveral,
  togetherSchema,
} from "../identity/decision-log-in";
import { personKey } from "../person";
import type { ServiceSettings } from "../settings/settings";
import { IssuerKeysError } from "../signing/issuer-keys";
import type { ApprovalKeys } from "../signing/keys";
import { type ApprovalClaims, insistOnSame, verify } from "../signing/signature";
import { isFresh } from "./rule";

/** The stored token. An access token is not stored: its hash is in the signed claims. */
export const evidenceSchema = z.strictObject({
  signature: z.string(),
  idToken: z.string().optional(),
  random: z.string().optional(),
  /** For a log-in for several approvals: all of them. Each is verified separately. */
  together: togetherSchema.optional(),
});
export type Evidence = z.output<typeof evidenceSchema>;

/** Thrown if evidence does not prove that the approval was given. */
export class EvidenceError extends Error {
  override readonly name = "EvidenceError";
}

/**
 * Returns the nonce that the log-in for a decision must have.
 *
 * @throws {@link EvidenceError} if the decision is not one of those for which the log-in was made
 */
function nonceFor(
  { request, digest, decision }: Bound,
  { random, together }: { random: string; together?: readonly Bound[] | undefined },
): string {
  if (together === undefined) return nonceOf({ request, digest, decision, random });
  const isOneOfThem =
    isCanonical(together) &&
    together.some((one) => one.request === request && one.digest === digest && one.decision === decision);
  if (!isOneOfThem) throw new EvidenceError("the log-in was for other requests, or other plans");
  return nonceOfSeveral(together, random);
}

/** Returns the hash of a token that came with a decision. */
export function tokenHash(token: DecisionToken): string {
  const text = token.kind === "idToken" ? token.idToken : token.accessToken;
  return createHash("sha256").update(text).digest("base64url");
}

const idTokenSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  nonce: z.string(),
  auth_time: z.number(),
  iat: z.number(),
});

/** An employee number may be a number. */
function claimText(claim: unknown): string | undefined {
  return typeof claim === "string" || typeof claim === "number" ? String(claim) : undefined;
}

/** How long after its log-in a decision is recorded, at most. */
const mostSeconds = 15 * 60;

/**
 * Verifies that an ID token was issued for exactly this decision, at its time.
 *
 * @param claims the decision as signed by the service
 * @throws {@link EvidenceError}; {@link IssuerKeysError} if it cannot be verified now
 */
export async function verifyIdToken(
  keys: ApprovalKeys,
  { identity }: Pick<ServiceSettings, "identity">,
  { idToken, ...bound }: { idToken: string; random: string; together?: readonly Bound[] | undefined },
  claims: Pick<ApprovalClaims, "request" | "digest" | "decision" | "approver" | "at">,
): Promise<void> {
  const at = new Date(claims.at);
  try {
    const { payload } = await jwtVerify(idToken, keys.issuerKey, {
      issuer: identity.issuer,
      audience: identity.clientId,
      currentDate: at,
      clockTolerance: 60,
    });
    const read = idTokenSchema.parse(payload);
    const person: unknown = payload[identity.personClaim];
    const isOfApprover =
      read.iss === claims.approver.issuer &&
      read.sub === claims.approver.subject &&
      (person === undefined || personKey(claimText(person)) === personKey(claims.approver.person));
    if (!isOfApprover) throw new EvidenceError("the log-in belongs to another account");
    if (read.nonce !== nonceFor(claims, bound)) throw new EvidenceError("the log-in was for something else");
    if (!isFresh(new Date(read.auth_time * 1_000), at) || at.getTime() / 1_000 - read.iat > mostSeconds)
      throw new EvidenceError("the log-in is too old");
  } catch (error) {
    if (error instanceof EvidenceError || error instanceof IssuerKeysError) throw error;
    throw new EvidenceError("the ID token is not from the issuer, or not for this service", { cause: error });
  }
}

/**
 * Verifies the evidence of an approval without trusting the database: the service's own signature and, for an approval
 * on the page, the issuer's.
 *
 * @param stored the approval in the database
 * @returns what was signed
 * @throws {@link EvidenceError} or `SignatureError`; {@link IssuerKeysError} if it cannot be verified now
 */
export async function verifyEvidence(
  keys: ApprovalKeys,
  settings: Pick<ServiceSettings, "identity">,
  evidence: unknown,
  stored: Omit<ApprovalClaims, "roles" | "token" | "by">,
): Promise<ApprovalClaims> {
  const parsed = evidenceSchema.safeParse(evidence);
  if (!parsed.success) throw new EvidenceError("there is no evidence of it");
  const { signature, idToken, random, together } = parsed.data;
  const claims = await verify(keys, "approval", signature);
  insistOnSame<object>(claims, stored);
  if (!isFresh(new Date(claims.authenticatedAt), new Date(claims.at)))
    throw new EvidenceError("the log-in was too old");
  if (claims.by === "idToken") {
    if (idToken === undefined || random === undefined) throw new EvidenceError("its ID token is missing");
    if (tokenHash({ kind: "idToken", idToken, random }) !== claims.token)
      throw new EvidenceError("the ID token is not the original one");
    await verifyIdToken(keys, settings, { idToken, random, together }, claims);
  }
  return claims;
}
