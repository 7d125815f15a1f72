import { CompactSign, compactVerify } from "jose";
import { hashOf } from "pulumi-resistant-tenants/internal/journal";
import { canonical } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { ApprovalKeyError, type ApprovalKeys } from "./keys";

/**
 * What the web process signs with a key that only it has, so that someone who has only the database cannot
 * forge another person's request, an approval, a use of break-glass or a deputy.
 */

const identitySchema = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  person: z.string().optional(),
});

const time = z.iso.datetime();

/** An absent approver, and the groups that the deputy has meanwhile. */
const absentSchema = z.strictObject({
  absence: z.string(),
  personId: z.string(),
  identity: identitySchema.required(),
  groups: z.array(z.string()),
});

/** A request's content, requester and rule. */
const requestSchema = z.strictObject({
  request: z.string(),
  kind: z.string(),
  stage: z.string(),
  customer: z.string().nullable(),
  /** The digest of the requested content. */
  asked: z.string(),
  rule: z.string(),
  required: z.int(),
  requester: identitySchema,
  at: time,
});

const approvalSchema = z.strictObject({
  approval: z.string(),
  request: z.string(),
  digest: z.string(),
  decision: z.enum(["approve", "refuse"]),
  approver: identitySchema.required(),
  requester: identitySchema,
  roles: z.array(z.string()),
  groups: z.array(z.string()),
  authenticatedAt: time,
  at: time,
  /** The head of the chain of events that the approver received. */
  head: z.string(),
  /** The absent approvers whose groups the approver needed as a deputy. */
  deputyFor: z.array(absentSchema).optional(),
  /** The kind of token that came with it: from the page an ID token, which is stored. */
  by: z.enum(["idToken", "accessToken"]),
  /** The SHA-256 of that token. */
  token: z.string(),
});
export type ApprovalClaims = z.output<typeof approvalSchema>;

const glassSchema = z.strictObject({
  glass: z.string(),
  request: z.string(),
  digest: z.string(),
  reason: z.string(),
  breaker: identitySchema.required(),
  requester: identitySchema,
  at: time,
});

/** An approver names a deputy for a period, and lends them the groups of that moment. */
const absenceSchema = z.strictObject({
  absence: z.string(),
  absent: identitySchema.required(),
  deputy: identitySchema.required(),
  groups: z.array(z.string()),
  from: time,
  until: time,
  at: time,
});

const schemas = {
  request: requestSchema,
  approval: approvalSchema,
  glass: glassSchema,
  absence: absenceSchema,
} as const;
type Kind = keyof typeof schemas;
type Claims<K extends Kind> = z.output<(typeof schemas)[K]>;

const typeOf = (kind: Kind): string => `tenants-${kind}+jws`;

/** Thrown if a signature does not match the database. */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
}

/**
 * Signs claims.
 *
 * @returns a compact JWS
 * @throws {@link ApprovalKeyError} in a process without the key
 */
export async function sign<K extends Kind>(
  { signingKey, algorithm }: ApprovalKeys,
  kind: K,
  claims: Claims<K>,
): Promise<string> {
  if (signingKey === undefined)
    throw new ApprovalKeyError("This process cannot sign: only the web process has SERVICE_APPROVAL_KEY.");
  const payload = new TextEncoder().encode(JSON.stringify(schemas[kind].parse(claims)));
  return await new CompactSign(payload)
    .setProtectedHeader({ alg: algorithm, typ: typeOf(kind) })
    .sign(signingKey);
}

/**
 * Verifies a signature, and returns what was signed.
 *
 * @throws {@link SignatureError}
 */
export async function verify<K extends Kind>(
  { publicKey, algorithm }: ApprovalKeys,
  kind: K,
  signature: string,
): Promise<Claims<K>> {
  try {
    const { payload, protectedHeader } = await compactVerify(signature, publicKey, {
      algorithms: [algorithm],
    });
    if (protectedHeader.typ !== typeOf(kind)) throw new SignatureError("it was signed as something else");
    return schemas[kind].parse(JSON.parse(new TextDecoder().decode(payload))) as Claims<K>;
  } catch (error) {
    throw new SignatureError(`The signature of the ${kind} is not from this service.`, { cause: error });
  }
}

/**
 * Ensures that what was signed matches the database.
 *
 * @throws {@link SignatureError} naming the first field that differs
 */
export function insistOnSame<T extends object>(signed: T, stored: { [Key in keyof T]: T[Key] }): void {
  for (const [field, value] of Object.entries(stored)) {
    const was = (signed as Record<string, unknown>)[field];
    if (canonical(was) !== canonical(value))
      throw new SignatureError(`The signed value of ${field} differs from the database.`);
  }
}

/** Returns `sha256:<hex>` of a value, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return hashOf(canonical(value));
}
