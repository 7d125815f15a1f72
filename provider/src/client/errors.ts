import type { UrlRefusal } from "./hosts";

/**
 * Why a call failed: who caused it, and what it means for an object that was to be created.
 *
 * - `INPUT_INVALID`: the caller's mistake; nothing was sent.
 * - `NOT_SENT`: the request certainly did not reach the server.
 * - `NO_ANSWER`: it may have reached the server, but no complete answer came back.
 * - `REFUSED`: the server answered with a documented error (4xx); nothing was done.
 * - `NOT_THE_API`: something other than the API answered (a proxy, a gateway), or its answers contradict each other; it
 *   is unknown whether anything was done, and nothing is proved to be missing.
 * - `SERVER_FAILED`: the server answered 5xx; it is unknown whether anything was done.
 * - `ANSWER_INVALID`: the server answered success, but the body differs from the contract or the request; or it
 *   answered a create with a redirect.
 * - `TOKEN_REFUSED`: an authorization server returned no token: the organization's, or that of an application to be
 *   adopted.
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

/** What could be read of a created object. */
export interface MadeObject {
  objectId: string;
  clientId?: string | undefined;
  /** A credential: it is returned once, and must not be lost. */
  clientSecret?: string | undefined;
  /** How its credentials differ from the request, in words: they are returned once, and never change. */
  credentialsDiffer?: string | undefined;
  /** Its refused URLs, each with its name. */
  refusals?: readonly UrlRefusal[];
}

/** What a {@link TenantManagementError} contains besides its message. */
export interface ErrorDetails {
  /** HTTP status, if the server answered. */
  status?: number;
  /** What the server reports as created, if the rest of its answer is unusable or differs from the request. */
  made?: MadeObject;
  /** Whether every repetition would fail likewise. Default: false. */
  isPermanent?: boolean;
  cause?: unknown;
}

/**
 * Thrown for every failure between this client and the vendor. Its message says what to do.
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
  /** Who caused it, and what it means for an object that was to be created. */
  readonly code: ErrorCode;
  /** HTTP status, if the server answered. */
  readonly status: number | undefined;
  /** Whether every repetition would fail likewise. */
  readonly isPermanent: boolean;
  /** Private, so that no log of the error shows the credential it may contain. */
  readonly #made: MadeObject | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TenantManagementError";
    this.code = code;
    this.status = details.status;
    this.isPermanent = details.isPermanent ?? false;
    this.#made = details.made;
  }

  /** What the server reports as created, if the rest of its answer is unusable or differs from the request. */
  get made(): MadeObject | undefined {
    return this.#made;
  }
}

/** Returns whether the object of a failed create may exist. */
export function mayHaveHappened(error: unknown): boolean {
  return (
    error instanceof TenantManagementError &&
    ["NO_ANSWER", "NOT_THE_API", "SERVER_FAILED", "ANSWER_INVALID"].includes(error.code)
  );
}

/**
 * Returns the error of a delete whose earlier attempts failed: one of them may have been carried out, however the last one
 * ended. The API itself refuses only an object that still exists with 400 or 409.
 *
 * @param error what the last attempt threw
 * @param earlier the errors of the attempts before it
 */
export function afterEarlierAttempts(error: unknown, earlier: readonly TenantManagementError[]): unknown {
  const unclear = earlier.find(mayHaveHappened);
  if (unclear === undefined || mayHaveHappened(error) || !(error instanceof TenantManagementError))
    return error;
  const { code, status, isPermanent } = error;
  if (code === "REFUSED" && (status === 400 || status === 409)) return error;
  const message = `${error.message} An earlier attempt may have been carried out: ${unclear.message}`;
  return new TenantManagementError(unclear.code, message, {
    ...(status === undefined ? {} : { status }),
    isPermanent,
    cause: error,
  });
}
