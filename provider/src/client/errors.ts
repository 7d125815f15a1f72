import type { UrlRefusal } from "./hosts";
import { withoutCredentials } from "./redaction";

/**
 * Why a call failed, by who is to blame and by what it means for an object that was to be made.
 *
 * - `INPUT_INVALID`: the caller's mistake; nothing was sent.
 * - `NOT_SENT`: the request surely never reached the server.
 * - `NO_ANSWER`: it may have reached the server, and no whole answer came back.
 * - `REFUSED`: the server answered with a documented error (4xx); nothing was done.
 * - `NOT_THE_API`: something else than the API answered (a proxy, a gateway), or its answers contradict each other;
 *   whether anything was done is not known, and nothing is proved to be missing.
 * - `SERVER_FAILED`: the server answered 5xx; whether anything was done is not known.
 * - `ANSWER_INVALID`: the server answered success, and its body is not what the contract says, or not what was asked for;
 *   or it answered a create with a redirect.
 * - `TOKEN_REFUSED`: an authorization server gave no token: the organization's, or that of an application to be adopted.
 */
export type ErrorCode =
  | "INPUT_INVALID"
  | "NOT_SENT"
  | "NO_ANSWER"
  | "REFUSED"
  | "NOT_THE_API"
  | "SERVER_FAILED"
  | "ANSWER_INVALID"
  | "TOKEN_REFUSED";

/** As much as could be read of an object that was made. */
export interface MadeObject {
  objectId: string;
  clientId?: string | undefined;
  /** A credential: it came once, and must not be dropped. */
  clientSecret?: string | undefined;
  /** What of its credentials is not as it was asked for, in words: they are told once, and never change. */
  credentialsDiffer?: string | undefined;
  /** The URLs of it that may not be used, each with its name. */
  refusals?: readonly UrlRefusal[];
}

/** What a {@link TenantManagementError} carries beside its message. */
export interface ErrorDetails {
  /** HTTP status, where the server answered. */
  status?: number;
  /** What the server says it made, where the rest of its answer is unusable, or is not what was asked for. */
  made?: MadeObject;
  /** Whether the same would happen again, however often the call is repeated; default false. */
  isPermanent?: boolean;
  cause?: unknown;
}

/**
 * Is thrown for everything that goes wrong between this client and the vendor; its message tells the remedy.
 *
 * @example
 * ```ts
 * async function isThere(api: TenantManagementApi, tenantId: string): Promise<boolean | undefined> {
 *   try {
 *     return (await api.getTenant(tenantId)) !== undefined;
 *   } catch (error) {
 *     if (error instanceof TenantManagementError && error.code === "NO_ANSWER") return undefined;
 *     throw error;
 *   }
 * }
 * ```
 */
export class TenantManagementError extends Error {
  /** Who is to blame, and what it means for an object that was to be made. */
  readonly code: ErrorCode;
  /** HTTP status, where the server answered. */
  readonly status: number | undefined;
  /** Whether the same would happen again, however often the call is repeated. */
  readonly isPermanent: boolean;
  /** Private, so that no log of the error shows the credential it may hold. */
  readonly #made: MadeObject | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TenantManagementError";
    this.code = code;
    this.status = details.status;
    this.isPermanent = details.isPermanent ?? false;
    this.#made = details.made;
  }

  /** What the server says it made, where the rest of its answer is unusable, or is not what was asked for. */
  get made(): MadeObject | undefined {
    return this.#made;
  }
}

/** Tells whether the object of a failed create may exist all the same. */
export function mayHaveHappened(error: unknown): boolean {
  return (
    error instanceof TenantManagementError &&
    ["NO_ANSWER", "NOT_THE_API", "SERVER_FAILED", "ANSWER_INVALID"].includes(error.code)
  );
}

/** Gives what is worth telling of any thrown thing, in one line and without credentials. */
export function messageOf(error: unknown): string {
  return withoutCredentials(error instanceof Error ? error.message : String(error));
}

/** The longest text of a server's that is repeated in a message, in characters. */
const longestQuote = 512;

/**
 * Makes a server's text safe to print: credentials left out, control characters (terminal escapes)
 * escaped, length bounded.
 */
export function printable(text: string): string {
  const escaped = withoutCredentials(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeOf);
  return escaped.length > longestQuote ? `${escaped.slice(0, longestQuote)}…` : escaped;
}

function escapeOf(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16);
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`;
}
