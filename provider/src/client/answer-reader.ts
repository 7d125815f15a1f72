import type { z } from "zod";

import { askedWaitMs, compressionOf, quotedRequestId } from "./answer-headers";
import type { Stage } from "./cells";
import { type MadeObject, TenantManagementError } from "./errors";
import type { UrlRefusal } from "./hosts";
import { parseJson } from "./json";
import { madeObject } from "./made-object";
import { describeForeignNotFound, hasContractsForm, isPage, whatToCheck } from "./not-found";
import { RetryableFailure } from "./retry";
import { apiErrorSchema } from "./schemas";
import { printable } from "./text";
import type { HttpAnswer, HttpRequest } from "./transport";

/** A request to the Tenant Management API, and what is known of its answer. */
export interface Call {
  /** The operation, for an error: `create tenant "acme"`. */
  doing: string;
  method: HttpRequest["method"];
  url: URL;
  body?: string;
  /** For a create: the path of its collection, below the base URL. */
  collection?: readonly string[];
  /** The likely meaning of a refusal, and what to do, if particular to this operation. */
  remedies?: Remedies;
  /** Whether the object of the path may be missing. Default: true. The organization's list always exists. */
  mayBeMissing?: false;
}

/** By the status. */
export type Remedies = Partial<Record<number, string>>;

const theApi = "The Tenant Management API";

const remedies: Remedies = {
  401: ": even a new access token is not accepted. Check that tenants:tokenUrl and tenants:apiUrl belong to the same stage",
  403: ". The organization's client may lack the scope: ask the vendor",
};

/** Decides what an answer of the Tenant Management API means. */
export class AnswerReader {
  /** @param apiUrl the base URL, without a final slash */
  constructor(
    private readonly stage: Stage,
    private readonly apiUrl: string,
  ) {}

  /** Returns the error for an answer without success, as a {@link RetryableFailure} if the call may be repeated. */
  failure(call: Call, answer: HttpAnswer): TenantManagementError | RetryableFailure {
    const { status } = answer;
    const said = `${apiMessage(answer)}${quotedRequestId(answer)}`;
    const askedMs = askedWaitMs(answer);
    if (status === 429) {
      const until =
        askedMs === undefined ? "" : ` and asked to wait ${String(Math.ceil(askedMs / 60_000))} min`;
      return this.error(
        "REFUSED",
        call.doing,
        `repeatedly returned 429 (too many requests)${until} for minutes${said}. Try again later`,
        { status },
      );
    }
    if (status >= 500 || status === 408) {
      const error = this.error("SERVER_FAILED", call.doing, `was answered ${status}${said}`, { status });
      return call.method === "POST" ? error : new RetryableFailure(error, askedMs, theApi);
    }
    if (status === 404 && (call.mayBeMissing === false || !hasContractsForm(answer))) {
      const outcome = `${describeForeignNotFound(answer)}${quotedRequestId(answer)}`;
      const error = this.error("NOT_THE_API", call.doing, outcome, { status });
      return call.method === "POST" ? error : new RetryableFailure(error, askedMs, theApi);
    }
    if (status >= 300 && status < 400) {
      const outcome = `was answered ${status}, a redirect; redirects are never followed${quotedRequestId(answer)}`;
      if (call.collection === undefined) {
        return this.error("REFUSED", call.doing, `${outcome}. Check tenants:apiUrl`, { status });
      }
      // A server may answer 303 with where to find what it has created.
      const made = this.#madeBy(answer, call);
      const details = { status, ...(made === undefined ? {} : { made }) };
      return this.error(
        "ANSWER_INVALID",
        call.doing,
        `${outcome}; it may have created something. Check tenants:apiUrl`,
        details,
      );
    }
    const remedy = isPage(answer)
      ? `, and a web page: most likely by a proxy, a firewall or a gateway. ${whatToCheck}`
      : (call.remedies?.[status] ?? remedies[status] ?? "");
    return this.error("REFUSED", call.doing, `was refused with ${status}${said}${remedy}`, {
      status,
    });
  }

  /**
   * Returns the failure of a read that was answered with success, but not with JSON: a proxy's page, or an
   * answer that was cut off. The next one may be whole.
   */
  unreadable(call: Call, answer: HttpAnswer): RetryableFailure | undefined {
    if (call.method !== "GET" || compressionOf(answer) !== undefined) return undefined;
    if (parseJson(answer.body) !== undefined) return undefined;
    const { status } = answer;
    const outcome =
      `was answered ${status} with a body that is not JSON${quotedRequestId(answer)}: ` +
      `it is a proxy's, a gateway's or a load balancer's, or was cut off on the way. ${whatToCheck}`;
    return new RetryableFailure(this.error("ANSWER_INVALID", call.doing, outcome, { status }));
  }

  /** Returns the body of a successful answer, checked against the contract. */
  parse<T extends z.ZodType>(schema: T, answer: HttpAnswer, call: Call): z.output<T> {
    const compression = compressionOf(answer);
    const body = compression === undefined ? parseJson(answer.body) : undefined;
    if (body === undefined) {
      const problem =
        compression === undefined ? "is not JSON" : `is compressed (${compression}), which was not requested`;
      throw this.invalidAnswer(`its body ${problem}`, answer, call);
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues
      .map((issue) => `"${issue.path.join(".")}": ${issue.message}`)
      .join("; ");
    throw this.invalidAnswer(printable(problems), answer, call);
  }

  /** An object fetched by its id proves that it exists. */
  assertId(asked: string, found: string, answer: HttpAnswer, call: Call): void {
    if (asked !== found) throw this.invalidAnswer(`its id is ${found}`, answer, call);
  }

  /**
   * An object that differs from the request is unusable, but exists.
   *
   * @param refusals of the URLs in the answer
   * @param ofCredentials of a new application's credentials
   */
  assertAsAsked(
    differences: readonly string[],
    answer: HttpAnswer,
    call: Call,
    refusals: readonly UrlRefusal[],
    ofCredentials: readonly string[] = [],
  ): void {
    const all = [...ofCredentials, ...differences, ...refusals.map(({ problem }) => problem)];
    if (all.length === 0) return;
    const made = this.#madeBy(answer, call);
    const credentialsDiffer = ofCredentials.length === 0 ? undefined : ofCredentials.join("; ");
    throw this.#unusableAnswer(
      `something other than was requested: ${all.join("; ")}`,
      answer,
      call,
      made === undefined ? undefined : { ...made, credentialsDiffer, refusals },
    );
  }

  /** Returns the failure of a delete that was answered with success, but not as the contract says. */
  notDeleted(call: Call, answer: HttpAnswer): RetryableFailure {
    return new RetryableFailure(
      this.#not204(
        call,
        answer,
        `, and the API still has it${quotedRequestId(answer)}: most likely by a proxy, a gateway or a load balancer. ` +
          `Nothing counts as deleted. ${whatToCheck}`,
      ),
    );
  }

  /** Returns the same while it is not known whether the API still has the object. */
  perhapsDeleted(call: Call, answer: HttpAnswer): TenantManagementError {
    return this.#not204(call, answer, quotedRequestId(answer));
  }

  #not204({ doing }: Call, answer: HttpAnswer, more: string): TenantManagementError {
    const { status } = answer;
    return this.error("NOT_THE_API", doing, `was answered ${status} instead of 204${more}`, { status });
  }

  /** Returns the error for an answer outside the contract, with the object that it may have created. */
  invalidAnswer(problem: string, answer: HttpAnswer, call: Call): TenantManagementError {
    const what = `an answer outside the vendor's contract: ${problem}`;
    return this.#unusableAnswer(what, answer, call, this.#madeBy(answer, call));
  }

  /** Returns an error that names the API, the stage and the operation. */
  error(
    code: TenantManagementError["code"],
    doing: string,
    outcome: string,
    details: ConstructorParameters<typeof TenantManagementError>[2],
  ): TenantManagementError {
    return new TenantManagementError(
      code,
      `Tenant Management API (${this.stage}): ${doing} ${outcome}.`,
      details,
    );
  }

  #madeBy(answer: HttpAnswer, { collection, url }: Call): MadeObject | undefined {
    return collection === undefined
      ? undefined
      : madeObject(answer, collection, { apiUrl: this.apiUrl, url });
  }

  #unusableAnswer(
    what: string,
    answer: HttpAnswer,
    { doing }: Call,
    made: MadeObject | undefined,
  ): TenantManagementError {
    const { status } = answer;
    return this.error(
      "ANSWER_INVALID",
      doing,
      `was answered ${status} with ${what}${quotedRequestId(answer)}. Tell the vendor`,
      { status, ...(made === undefined ? {} : { made }) },
    );
  }
}

function apiMessage(answer: HttpAnswer): string {
  const parsed = apiErrorSchema.safeParse(parseJson(answer.body));
  return parsed.success && parsed.data.message !== "" ? `: "${printable(parsed.data.message)}"` : "";
}
