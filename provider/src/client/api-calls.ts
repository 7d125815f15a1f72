import type { AnswerReader, Call } from "./answer-reader";
import { Deadline } from "./deadline";
import { TenantManagementError } from "./errors";
import type { OrganizationTokens } from "./organization-token";
import { Pacer, realClock } from "./pacer";
import { patienceMs, RetryableFailure, type RetryPolicy, withRetries } from "./retry";
import { identifierSchema } from "./schemas";
import { serverAheadMs } from "./server-clock";
import { printable } from "./text";
import type { HttpAnswer, Transport } from "./transport";

/** How requests are sent. */
export interface ApiCallsOptions {
  tokens: OrganizationTokens;
  transport: Transport;
  retryPolicy: RetryPolicy;
  /** Keeps requests within the API's rate limit. May be shared between clients. Default: a new one. */
  pacer?: Pacer;
}

/** Sends requests to the Tenant Management API: each with a token, in its turn, and again where that is safe. */
export class ApiCalls {
  readonly #pacer: Pacer;
  readonly #reader: AnswerReader;
  #clockAheadMs = 0;

  /** @param apiUrl the base URL, without a final slash */
  constructor(
    private readonly apiUrl: string,
    private readonly options: ApiCallsOptions,
    reader: AnswerReader,
  ) {
    const { sleep, notify } = options.retryPolicy;
    const clock = { ...realClock, sleep: (delayMs: number) => sleep(delayMs) };
    this.#pacer = options.pacer ?? new Pacer(clock, undefined, notify);
    this.#reader = reader;
  }

  /**
   * How far the API's clock is ahead of this machine's, in milliseconds, by the `Date` of its last answer (accurate to
   * about a second). 0 if unknown.
   */
  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  /** An id comes from the configuration or the state, and could lead to a path outside its object. */
  url(...segments: string[]): URL {
    const unusable = segments.find((segment) => !identifierSchema.safeParse(segment).success);
    if (unusable !== undefined) {
      throw new TenantManagementError(
        "INPUT_INVALID",
        `"${printable(unusable)}" is not an id of the Tenant Management API: ids have no spaces, slashes or control characters. Nothing was sent.`,
      );
    }
    return new URL(`${this.apiUrl}/${segments.map(encodeURIComponent).join("/")}`);
  }

  /**
   * Sends a request, and repeats it where that is safe.
   *
   * @param onFailure called for each failed attempt that may be repeated
   */
  async send(call: Call, onFailure?: (error: TenantManagementError) => void): Promise<HttpAnswer> {
    const deadline = new Deadline(patienceMs.operation);
    const attempt = (): Promise<HttpAnswer> =>
      this.#attempt(call, deadline).catch((failure: unknown) => {
        if (failure instanceof RetryableFailure) onFailure?.(failure.error);
        throw failure;
      });
    try {
      return await withRetries(attempt, this.options.retryPolicy, deadline.signal);
    } finally {
      deadline.end();
    }
  }

  async #attempt(call: Call, deadline: Deadline): Promise<HttpAnswer> {
    const answer = await this.#sendOnce(call, deadline);
    if (answer.status < 200 || answer.status >= 300) throw this.#reader.failure(call, answer);
    const unreadable = this.#reader.unreadable(call, answer);
    if (unreadable !== undefined) throw unreadable;
    return answer;
  }

  /** A token may have been revoked: it is renewed once, and the request, which changed nothing, repeated. */
  async #sendOnce(call: Call, deadline: Deadline): Promise<HttpAnswer> {
    const { tokens } = this.options;
    // Requested before the turn comes, so that requests with a turn do not all wait for a token.
    await this.#accessToken(call);
    let accessToken = "";
    const send = async (): Promise<HttpAnswer> => {
      accessToken = await this.#accessToken(call);
      return this.#sendWith(accessToken, call);
    };
    const answer = await this.#pacer.send(send, deadline);
    if (answer.status !== 401) return answer;
    tokens.forget(accessToken);
    return this.#pacer.send(send, deadline);
  }

  /** Every caller waiting for the token gets an error that names its own operation. */
  async #accessToken({ doing }: Call): Promise<string> {
    try {
      return await this.options.tokens.get();
    } catch (error) {
      if (!(error instanceof TenantManagementError)) throw error;
      const { code, status, isPermanent } = error;
      throw this.#reader.error(code, doing, `was not sent: ${error.message.replace(/\.$/, "")}`, {
        ...(status === undefined ? {} : { status }),
        isPermanent,
        cause: error,
      });
    }
  }

  async #sendWith(accessToken: string, call: Call): Promise<HttpAnswer> {
    const headers = {
      accept: "application/json",
      authorization: `Bearer ${accessToken}`,
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    };
    try {
      const answer = await this.options.transport.send({
        method: call.method,
        url: call.url,
        headers,
        ...(call.body === undefined ? {} : { body: call.body }),
      });
      this.#clockAheadMs = serverAheadMs(answer.headers) ?? this.#clockAheadMs;
      return answer;
    } catch (error) {
      if (!(error instanceof TenantManagementError)) throw error;
      const { code, isPermanent } = error;
      const failure = this.#reader.error(code, call.doing, `got no answer: ${error.message}`, {
        isPermanent,
        cause: error,
      });
      const changedNothing = code === "NOT_SENT" || call.method !== "POST";
      throw changedNothing && !isPermanent ? new RetryableFailure(failure) : failure;
    }
  }
}
