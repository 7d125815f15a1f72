import { CompactSign, compactVerify } from "jose";
import { z } from "zod";

import { canonical } from "../records/canonical";
import { ApprovalKeyError, type ApprovalKeys } from "./keys";

/*
 * What the web process signs with a key that only it has: so that nobody with the database alone can make up a request of
 * somebody else, an approval or a broken glass.
 */

const identitySchema = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  person: z.string().optional(),
});

const time = z.iso.datetime();

/** What was asked, by whom and under which rule. */
const requestSchema = z.strictObject({
  request: z.string(),
  kind: z.string(),
  stage: z.string(),
  customer: z.string().nullable(),
  /** The digest of what was asked. */
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
  /** The head of the chain of events that the approval was shown. */
  head: z.string(),
  /** Of which kind the token was that came with it: of the page an ID token, which is stored. */
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

const schemas = { request: requestSchema, approval: approvalSchema, glass: glassSchema } as const;
type Kind = keyof typeof schemas;
type Claims<K extends Kind> = z.output<(typeof schemas)[K]>;

const typeOf = (kind: Kind): string => `tenants-${kind}+jws`;

/** Is thrown where a signature does not say what the database does. */
export class SignatureError extends Error {
  override readonly name = "SignatureError";
}

/**
 * Signs claims.
 *
 * @returns a compact JWS
 * @throws {@link ApprovalKeyError} in a process that has no key
 */
export async function sign<K extends Kind>(
  { signingKey, algorithm }: ApprovalKeys,
  kind: K,
  claims: Claims<K>,
): Promise<string> {
  if (signingKey === undefined)
    throw new ApprovalKeyError("This process cannot sign: SERVICE_APPROVAL_KEY is the web process's alone.");
  const payload = new TextEncoder().encode(JSON.stringify(schemas[kind].parse(claims)));
  return await new CompactSign(payload)
    .setProtectedHeader({ alg: algorithm, typ: typeOf(kind) })
    .sign(signingKey);
}

/**
 * Verifies a signature, and gives what was signed.
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
    throw new SignatureError(`The signature of the ${kind} is not the service's.`, { cause: error });
  }
}

/**
 * Insists that what was signed is what the database says.
 *
 * @throws {@link SignatureError} naming the first field that differs
 */
export function insistOnSame<T extends object>(signed: T, stored: { [Key in keyof T]: T[Key] }): void {
  for (const [field, value] of Object.entries(stored)) {
    const was = (signed as Record<string, unknown>)[field];
    if (canonical(was) !== canonical(value))
      throw new SignatureError(`What was signed says otherwise of ${field} than the database.`);
  }
}
