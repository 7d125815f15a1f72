/** The code of a problem: the last part of its `type` (RFC 9457). */
export type ProblemCode =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "samePerson"
  | "staleLogIn"
  | "notFound"
  | "conflict"
  | "stale"
  | "digest"
  | "wrongState"
  | "nameTaken"
  | "quota"
  | "keyMissing"
  | "keyReused"
  | "keyInFlight"
  | "paused"
  | "tooManyRequests"
  | "unavailable";

interface Kind {
  readonly status: 400 | 401 | 403 | 404 | 409 | 422 | 429 | 503;
  readonly title: string;
}

/** The kinds of problem, with their HTTP status. */
export const problemKinds: Readonly<Record<ProblemCode, Kind>> = {
  invalid: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "Log in first" },
  forbidden: { status: 403, title: "You may not do this" },
  samePerson: { status: 403, title: "A second person must approve" },
  staleLogIn: { status: 403, title: "Log in again to approve" },
  notFound: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "It conflicts with the present state" },
  stale: { status: 409, title: "The customer has changed" },
  digest: { status: 409, title: "The plan has changed" },
  wrongState: { status: 409, title: "The request is in another state" },
  nameTaken: { status: 409, title: "The name is taken" },
  quota: { status: 409, title: "The quota is used up" },
  keyMissing: { status: 400, title: "Idempotency-Key is missing" },
  keyReused: { status: 422, title: "Idempotency-Key was used for another call" },
  keyInFlight: { status: 409, title: "The same request is in progress" },
  paused: { status: 409, title: "Applies are paused" },
  tooManyRequests: { status: 429, title: "Too many requests" },
  unavailable: { status: 503, title: "The service cannot answer now" },
};

/** A refusal that is reported to the caller as a problem (RFC 9457). It never contains a credential. */
export class Problem extends Error {
  override readonly name = "Problem";

  /**
   * @param detail what happened, to which customer, and what to do next
   * @param more further members of the problem, such as differences
   */
  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly more: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions & { isRefusal?: boolean },
  ) {
    super(detail, options);
    this.#isHiding = options?.isRefusal ?? false;
  }

  readonly #isHiding: boolean;

  /** Whether access was refused, openly or by answering "not found". Such a refusal is recorded. */
  get isRefusal(): boolean {
    return this.#isHiding || this.status === 403;
  }

  get status(): Kind["status"] {
    return problemKinds[this.code].status;
  }

  get title(): string {
    return problemKinds[this.code].title;
  }
}
