import { createHash } from "node:crypto";

import { z } from "zod";

/** A decision: the request, the digest of the plan that was read, and the verdict. */
export interface Bound {
  readonly request: string;
  readonly digest: string;
  readonly decision: "approve" | "refuse";
}

/** The most requests that one log-in may approve: the cookie that a browser stores during it has room for them. */
export const mostTogether = 10;

const boundSchema = z.strictObject({
  request: z.string(),
  digest: z.string(),
  decision: z.literal("approve"),
});

/** Several approvals by one log-in. Refusals are single: each has its own comment. */
export const togetherSchema = z.array(boundSchema).min(2).max(mostTogether);

/** Returns the canonical form in which several decisions are hashed. */
export function canonicalList(decisions: readonly Bound[]): Bound[] {
  return decisions
    .map(({ request, digest, decision }) => ({ request, digest, decision }))
    .sort((one, other) => (one.request < other.request ? -1 : one.request > other.request ? 1 : 0));
}

/** Returns whether a list is in canonical order and contains each request once. */
export function isCanonical(decisions: readonly Bound[]): boolean {
  return decisions.every(({ request }, index) => {
    const before = decisions[index - 1];
    return before === undefined || before.request < request;
  });
}

/** The proof of a decision: on the page, a fresh log-in for it; in the API, a token of a fresh log-in. */
export type DecisionToken =
  | {
      kind: "idToken";
      idToken: string;
      random: string;
      /** All approvals of the log-in, if there are several. */
      together?: readonly Bound[];
    }
  | { kind: "accessToken"; accessToken: string; authenticatedAt: Date };

/** The purpose of the log-in for a decision. */
interface DecisionTo extends Bound {
  /** At least 128 random bits, generated for this log-in. */
  random: string;
}

/** Returns the nonce of the log-in for a decision: an ID token with this nonce confirms the decision. */
export function nonceOf({ request, digest, decision, random }: DecisionTo): string {
  return createHash("sha256")
    .update(JSON.stringify([request, digest, decision, random]))
    .digest("base64url");
}

/**
 * Returns the nonce of one log-in for several approvals: the hash of the whole list. An ID token with this nonce
 * confirms each of them, and nothing else. No single decision has the same text.
 */
export function nonceOfSeveral(decisions: readonly Bound[], random: string): string {
  const list = canonicalList(decisions).map(({ request, digest, decision }) => [request, digest, decision]);
  return createHash("sha256")
    .update(JSON.stringify(["several", list, random]))
    .digest("base64url");
}
