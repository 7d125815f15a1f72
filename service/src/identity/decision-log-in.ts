import { createHash } from "node:crypto";

import { z } from "zod";

/** What a decision is about: a request, the digest of the plan that was read, and what was decided. */
export interface Bound {
  readonly request: string;
  readonly digest: string;
  readonly decision: "approve" | "refuse";
}

/** So many requests may be approved by one log-in: what a browser keeps during it has room for them. */
export const mostTogether = 10;

const boundSchema = z.strictObject({
  request: z.string(),
  digest: z.string(),
  decision: z.literal("approve"),
});

/** Several approvals by one log-in. Refusals are single: each has its own comment. */
export const togetherSchema = z.array(boundSchema).min(2).max(mostTogether);

/** Gives the one order and form in which several decisions are hashed. */
export function canonicalList(decisions: readonly Bound[]): Bound[] {
  return decisions
    .map(({ request, digest, decision }) => ({ request, digest, decision }))
    .sort((one, other) => (one.request < other.request ? -1 : one.request > other.request ? 1 : 0));
}

/** Tells whether a list is in its one order, and names each request once. */
export function isCanonical(decisions: readonly Bound[]): boolean {
  return decisions.every(({ request }, index) => {
    const before = decisions[index - 1];
    return before === undefined || before.request < request;
  });
}

/** What comes with a decision: of the page, a fresh log-in for it; of the API, a token of a fresh log-in. */
export type DecisionToken =
  | {
      kind: "idToken";
      idToken: string;
      random: string;
      /** All that the log-in was for, where it was for several approvals. */
      together?: readonly Bound[];
    }
  | { kind: "accessToken"; accessToken: string; authenticatedAt: Date };

/** What the log-in for a decision is for. */
interface DecisionTo extends Bound {
  /** At least 128 random bits, made for this log-in. */
  random: string;
}

/** Gives the nonce of the log-in for a decision: who signs the ID token with it, signs the decision. */
export function nonceOf({ request, digest, decision, random }: DecisionTo): string {
  return createHash("sha256")
    .update(JSON.stringify([request, digest, decision, random]))
    .digest("base64url");
}

/**
 * Gives the nonce of one log-in for several approvals: it is the hash of the whole list, so that who signs the ID token
 * with it signs each of them, and nothing else. No single decision has the same text.
 */
export function nonceOfSeveral(decisions: readonly Bound[], random: string): string {
  const list = canonicalList(decisions).map(({ request, digest, decision }) => [request, digest, decision]);
  return createHash("sha256")
    .update(JSON.stringify(["several", list, random]))
    .digest("base64url");
}
