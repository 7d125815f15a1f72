import { stringify } from "lossless-json";
import { z } from "zod";

import { compressionOf, quotedRequestId } from "./answer";
import { type ApplicationCredentials, proveCredentials } from "./application-credentials";
import {
  applicationDifferences,
  credentialDifferences,
  linkRefusals,
  serverRefusals,
  tenantDifferences,
} from "./as-asked";
import { askedWaitMs } from "./asked-wait";
import { type SecretMethod } from "./auth-methods";
import type { Stage } from "./cells";
import { Deadline } from "./deadline";
import { type MadeObject, mayHaveHappened, messageOf, printable, TenantManagementError } from "./errors";
import { type HostRules, refusalOfUrl, type UrlRefusal, wayToAllow } from "./hosts";
import { parseJson } from "./json";
import { madeObject } from "./made-object";
import {
  contradicted,
  describeForeignNotFound,
  hasContractsForm,
  isNotFound,
  whatToCheck,
} from "./not-found";
import type { OrganizationTokens } from "./organization-token";
import { Pacer, realClock } from "./pacer";
import { resolveNextPage } from "./paging";
import type { PublicKeyNumbers } from "./public-key";
import { RetryableFailure, type RetryPolicy, withRetries } from "./retry";
import {
  type ApiApplication,
  apiErrorSchema,
  type ApiTenant,
  applicationListSchema,
  applicationSchema,
  identifierSchema,
  type NewApplication,
  newApplicationSchema,
  tenantPageSchema,
  tenantSchema,
} from "./schemas";
import { serverAheadMs } from "./server-clock";
import { lookTwice, sharedNext, whileSettling } from "./settling";
import type { HttpAnswer, HttpRequest, Transport } from "./transport";

/** What a new application proves itself with. */
export type Authentication = { type: SecretMethod } | (PublicKeyNumbers & { keyId: string });

/**
 * How a delete went: it was carried out; the API knew none of that id, and no list and no fetch of its has it; or the
 * same after an attempt that got no answer, and that may have been carried out.
 */
export type Deletion = "deleted" | "missing" | "perhapsDeleted";

/** What the client is made of. */
export interface TenantManagementApiOptions {
  stage: Stage;
  /** The base URL, `/v0` included. */
  apiUrl: string;
  /** The hosts that the environment allows beside the vendor's of the stage (`TENANTS_ALLOWED_HOSTS`). Default: none. */
  allowedHosts?: readonly string[];
  tokens: OrganizationTokens;
  transport: Transport;
  retryPolicy: RetryPolicy;
  /** Keeps to the API's rate limit, whoever else sends through it; default one of the client's own. */
  pacer?: Pacer;
}
/** More pages than any true list has. */
const mostPages = 1000;
/** How much of a list is read, in characters: a thousand of the largest answers would fill the memory. */
const longestList = 64 * 1024 * 1024;
/**
 * How long one operation, its repetitions included, may begin new attempts, in milliseconds. The time that a request
 * waits its turn before the rate limit does not count.
 */
const deadlineMs = 180_000;

interface Call {
  /** What is done, as an error tells it: `create tenant "acme"`. */
  doing: string;
  method: HttpRequest["method"];
  url: URL;
  body?: string;
  /** Of a create: the path below the base URL of the objects of its kind. */
  collection?: readonly string[];
  /** What a refusal with a status most likely means, and what to do then, where it is particular to this operation. */
  remedies?: Remedies;
  /** Whether the API may not know what the path names; default true. The organization's own list is always there. */
  mayBeMissing?: false;
}

/** By the status. */
type Remedies = Partial<Record<number, string>>;

/**
 * Calls the Tenant Management API. GET and DELETE are repeated; a POST only where it surely changed nothing,
 * because the API has no idempotency key.
 *
 * Every method throws {@link TenantManagementError}.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 *
 * const transport = createTransport();
 * const pem = readFileSync("organization-key.pem", "utf8");
 * const client = {
 *   tokenUrl: "https://eu.id.resistant.ai/oauth2/aus17c172cLOCWEyk417/v1/token",
 *   clientId: "0oa-your-organization-client",
 *   sign: signerFor(readOrganizationKey(pem, "organization-key.pem")),
 * };
 * const api = new TenantManagementApi({
 *   stage: "testing",
 *   apiUrl: stageTable.testing.apiUrl,
 *   tokens: new OrganizationTokens(client, transport, defaultRetryPolicy),
 *   transport,
 *   retryPolicy: defaultRetryPolicy,
 * });
 * for (const { tenantId, name } of await api.listTenants()) console.log(tenantId, name);
 * await api.close();
 * ```
 */
export class TenantManagementApi {
  /** The vendor's environment that it calls. */
  readonly stage: Stage;
  /** The base URL, without a slash at its end. */
  readonly apiUrl: string;

  readonly #pacer: Pacer;
  /** A list that begins after it is asked for, shared by all who ask at the same time. */
  readonly #tenantsFromNow = sharedNext(() => this.listTenants());
  readonly #hosts: HostRules;
  #clockAheadMs = 0;

  /**
   * @throws {@link TenantManagementError} `INPUT_INVALID` where the API, or the server of its tokens, is at a host that is
   *   not allowed
   */
  constructor(private readonly options: TenantManagementApiOptions) {
    this.stage = options.stage;
    this.#hosts = { stage: options.stage, allowedHosts: options.allowedHosts ?? [] };
    assertHosts(options, this.#hosts);
    const { sleep, notify } = options.retryPolicy;
    const clock = { ...realClock, sleep: (delayMs: number) => sleep(delayMs) };
    this.#pacer = options.pacer ?? new Pacer(clock, undefined, notify);
    this.apiUrl = options.apiUrl.replace(/\/+$/, "");
  }

  /**
   * Creates a tenant (`createTenant`).
   *
   * @param tenant `cells` are those where the Web UI is reachable; the API's default is `["eu-1"]`
   */
  async createTenant(tenant: { name: string; cells?: readonly string[] }): Promise<ApiTenant> {
    const { name, cells } = tenant;
    const call: Call = {
      doing: `create tenant "${printable(name)}"${cells === undefined ? "" : ` with ${printable(cells.join(", "))}`}`,
      method: "POST",
      url: this.#url("tenants"),
      collection: ["tenants"],
      mayBeMissing: false,
      remedies: remediesOfTenantCreate,
      body: JSON.stringify({ name, ...(cells === undefined ? {} : { cells }) }),
    };
    const answer = await this.#call(call);
    const made = this.#parse(tenantSchema, answer, call);
    this.#assertAsAsked(tenantDifferences(tenant, made), answer, call, linkRefusals(made, this.#hosts));
    return made;
  }

  /**
   * Lists every tenant of the organization (`getTenants`), page by page, each once. A list may lag, and its pages may shift
   * while they are read: a tenant that it lacks is not gone (see {@link getTenant}).
   */
  async listTenants(): Promise<ApiTenant[]> {
    const doing = "list tenants";
    const tenants = new Map<string, ApiTenant>();
    const seen = new Set<string>();
    let length = 0;
    // No `limit` is given: which is the largest that the API takes is not documented.
    let url: URL | undefined = this.#url("tenants");
    while (url !== undefined) {
      seen.add(url.href);
      const call: Call = { doing, method: "GET", url, mayBeMissing: false };
      const answer = await this.#call(call);
      length += answer.body.length;
      const page: z.output<typeof tenantPageSchema> = this.#parse(tenantPageSchema, answer, call);
      for (const tenant of page.items) tenants.set(tenant.tenantId, tenant);
      url = this.#nextPage(page._links?.next?.href, answer, call);
      if (url !== undefined && (seen.has(url.href) || seen.size >= mostPages || length > longestList)) {
        throw this.#invalidAnswer("its pages never end", answer, call);
      }
    }
    return [...tenants.values()];
  }

  #nextPage(href: string | null | undefined, answer: HttpAnswer, call: Call): URL | undefined {
    if (href === undefined || href === null || href === "") return undefined;
    const next = resolveNextPage(this.apiUrl, call.url, href);
    if (next !== undefined) return next;
    throw this.#invalidAnswer(
      "it names a next page outside the Tenant Management API, which was not followed. Check tenants:apiUrl",
      answer,
      call,
    );
  }

  /**
   * Fetches a tenant (`getTenant`).
   *
   * @returns Resolves with undefined only where the API knows none of that id, its list has none, and it knows no
   *   applications of it either.
   */
  async getTenant(tenantId: string): Promise<ApiTenant | undefined> {
    const call: Call = {
      doing: `fetch tenant ${printable(tenantId)}`,
      method: "GET",
      url: this.#url("tenants", tenantId),
    };
    return this.#unlessNotFound(
      async () => {
        const answer = await this.#call(call);
        const found = this.#parse(tenantSchema, answer, call);
        this.#assertId(tenantId, found.tenantId, answer, call);
        return found;
      },
      async (notFound) => {
        const listed = (await this.#tenantsFromNow()).find((tenant) => tenant.tenantId === tenantId);
        if (listed !== undefined) return listed;
        if (await this.#answersForApplicationsOf(tenantId)) {
          throw new RetryableFailure(contradicted(notFound, "the API lists the tenant's applications"));
        }
        return undefined;
      },
    );
  }

  /**
   * Deletes a tenant (`deleteTenant`), which has no applications left.
   *
   * @returns Resolves with how it went, where the API did not refuse.
   */
  async deleteTenant(tenantId: string): Promise<Deletion> {
    return this.#deleted(
      {
        doing: `delete tenant ${printable(tenantId)}`,
        method: "DELETE",
        url: this.#url("tenants", tenantId),
      },
      async () => (await this.getTenant(tenantId)) === undefined,
    );
  }

  /** Creates an application (`createTenantApplication`). Its credentials come in this answer and never again. */
  async createApplication(
    tenantId: string,
    application: { cell: string; scopes: readonly string[]; authentication: Authentication },
  ): Promise<NewApplication> {
    const { cell, scopes, authentication } = application;
    const collection = ["tenants", tenantId, "applications"];
    const call: Call = {
      doing: `create an application in cell ${printable(cell)} of tenant ${printable(tenantId)}`,
      method: "POST",
      url: this.#url(...collection),
      collection,
      body: toExactJson({ cell, scopes, auth_method: toAuthMethod(authentication) }),
    };
    const answer = await this.#call(call);
    const made = this.#parse(newApplicationSchema, answer, call);
    const ofCredentials = credentialDifferences(authentication, made.credentials);
    const refusals = serverRefusals(made, this.#hosts);
    this.#assertAsAsked(applicationDifferences(application, made), answer, call, refusals, ofCredentials);
    return made;
  }

  /**
   * Lists a tenant's applications (`getTenantApplications`), each once. A list may lag: an application that it lacks is not
   * gone (see {@link getApplication}).
   *
   * @returns Resolves with undefined only where the tenant is gone, as {@link getTenant} says.
   */
  async listApplications(tenantId: string): Promise<ApiApplication[] | undefined> {
    return this.#unlessNotFound(
      () => this.#askForApplications(tenantId),
      async (notFound) => {
        if ((await this.getTenant(tenantId)) === undefined) return undefined;
        throw new RetryableFailure(contradicted(notFound, "the API has the tenant"));
      },
    );
  }

  async #askForApplications(tenantId: string): Promise<ApiApplication[]> {
    const call: Call = {
      doing: `list the applications of tenant ${printable(tenantId)}`,
      method: "GET",
      url: this.#url("tenants", tenantId, "applications"),
    };
    const { items } = this.#parse(applicationListSchema, await this.#call(call), call);
    return [...new Map(items.map((application) => [application.applicationId, application])).values()];
  }

  /** An answer of 200 proves that the tenant exists. */
  async #answersForApplicationsOf(tenantId: string): Promise<boolean> {
    try {
      await this.#askForApplications(tenantId);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /**
   * Fetches an application (`getTenantApplication`), without credentials.
   *
   * @param cell names the cell in an error, where it is known
   * @returns Resolves with undefined only where the API knows none of that id, and its tenant's list has none, or the
   *   tenant is gone.
   */
  async getApplication(
    tenantId: string,
    applicationId: string,
    cell?: string,
  ): Promise<ApiApplication | undefined> {
    const call: Call = {
      doing: `fetch ${nameOf(tenantId, applicationId, cell)}`,
      method: "GET",
      url: this.#url("tenants", tenantId, "applications", applicationId),
    };
    return this.#unlessNotFound(
      async () => {
        const answer = await this.#call(call);
        const found = this.#parse(applicationSchema, answer, call);
        this.#assertId(applicationId, found.applicationId, answer, call);
        return found;
      },
      async () =>
        (await this.listApplications(tenantId))?.find((listed) => listed.applicationId === applicationId),
    );
  }

  /**
   * Deletes an application (`deleteTenantApplication`); its credentials end with it.
   *
   * @param cell names the cell in an error, where it is known
   * @returns Resolves with how it went, where the API did not refuse.
   */
  async deleteApplication(tenantId: string, applicationId: string, cell?: string): Promise<Deletion> {
    return this.#deleted(
      {
        doing: `delete ${nameOf(tenantId, applicationId, cell)}`,
        method: "DELETE",
        url: this.#url("tenants", tenantId, "applications", applicationId),
      },
      async () => (await this.getApplication(tenantId, applicationId, cell)) === undefined,
    );
  }

  /**
   * Repeats a request for some seconds while it is refused because not every server of the API sees yet what this run has
   * just done.
   *
   * @see {@link whileSettling}
   */
  whileSettling<T>(
    request: () => Promise<T>,
    isExpected: (refusal: TenantManagementError) => boolean | Promise<boolean>,
    why: string,
  ): Promise<T> {
    return whileSettling(request, isExpected, why, this.options.retryPolicy.sleep);
  }

  /**
   * Looks at a list twice, a moment apart: one that lags may lack an item once.
   *
   * @see {@link lookTwice}
   */
  lookTwice<T>(look: () => Promise<T>, isEnough?: (seen: T) => boolean): Promise<T[]> {
    return lookTwice(look, this.options.retryPolicy.sleep, isEnough);
  }

  /**
   * Makes sure that credentials are an application's: gets a token with them at its authorization server.
   *
   * @param application as the API tells it
   */
  async proveCredentials(
    tenantId: string,
    application: ApiApplication,
    credentials: ApplicationCredentials,
  ): Promise<void> {
    const { transport, retryPolicy } = this.options;
    const place = { ...this.#hosts, tenantId };
    await proveCredentials(application, credentials, place, transport, retryPolicy);
  }

  /**
   * How far the API's clock is ahead of this machine's, in milliseconds, by the `Date` of its last answer: right to
   * a second or so. 0 where the API has not told.
   */
  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  /** Ends the connections that are open. */
  close(): Promise<void> {
    return this.options.transport.close();
  }

  /** An id comes from the configuration or the state, and could lead to another path than that of an object. */
  #url(...segments: string[]): URL {
    const unusable = segments.find((segment) => !identifierSchema.safeParse(segment).success);
    if (unusable !== undefined) {
      throw new TenantManagementError(
        "INPUT_INVALID",
        `"${printable(unusable)}" is not an id of the Tenant Management API: one has no spaces, slashes or control characters. Nothing was sent.`,
      );
    }
    return new URL(`${this.apiUrl}/${segments.map(encodeURIComponent).join("/")}`);
  }

  /**
   * The one place where "not found" is read. A 404 in the contract's form may be a gateway's all the same: what is found
   * missing is confirmed by another answer of the API.
   *
   * @param ask asks for an object; where the API refuses with 404, so does this
   * @param confirm gives what the API says elsewhere; throws {@link RetryableFailure} where that contradicts the 404: then
   *   all is asked once more
   */
  #unlessNotFound<T>(
    ask: () => Promise<T>,
    confirm: (notFound: TenantManagementError) => Promise<T>,
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      try {
        return await ask();
      } catch (error) {
        if (isNotFound(error)) return confirm(error);
        throw error;
      }
    };
    return withRetries(attempt, this.options.retryPolicy, AbortSignal.timeout(deadlineMs));
  }

  /** @param isGone tells whether the API says elsewhere, too, that there is none */
  async #deleted(call: Call, isGone: () => Promise<boolean>): Promise<Deletion> {
    const failures: TenantManagementError[] = [];
    return this.#unlessNotFound<Deletion>(
      async () => {
        const answer = await this.#call(call, (error) => failures.push(error));
        // A login page or a filter answers 200, too: what is not the contract's answer proves nothing.
        if (answer.status !== 204 && !(await isGone())) throw this.#notDeleted(call, answer);
        return "deleted";
      },
      async (notFound) => {
        if (!(await isGone())) throw new RetryableFailure(contradicted(notFound, "the API still has it"));
        return failures.some(mayHaveHappened) ? "perhapsDeleted" : "missing";
      },
    );
  }

  #notDeleted(call: Call, answer: HttpAnswer): RetryableFailure {
    const { status } = answer;
    const outcome =
      `was answered ${status} instead of 204, and the API still has it${quotedRequestId(answer)}: ` +
      `most likely by a proxy, a gateway or a load balancer. Nothing was taken for deleted. ${whatToCheck}`;
    return new RetryableFailure(this.#error("NOT_THE_API", call.doing, outcome, { status }));
  }

  /** @param onFailure is told of each attempt that failed and may be repeated */
  async #call(call: Call, onFailure?: (error: TenantManagementError) => void): Promise<HttpAnswer> {
    const deadline = new Deadline(deadlineMs);
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
    const answer = await this.#send(call, deadline);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.#failure(call, answer);
  }

  /** A token may have been revoked since it was given: then one renewal, and the request (which changed nothing) again. */
  async #send(call: Call, deadline: Deadline): Promise<HttpAnswer> {
    const { tokens } = this.options;
    // Asked for before the turn comes, so that those whose turn it is do not wait together for a token.
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

  /** Whoever waits for the one token is told what it was for. */
  async #accessToken({ doing }: Call): Promise<string> {
    try {
      return await this.options.tokens.get();
    } catch (error) {
      if (!(error instanceof TenantManagementError)) throw error;
      const { code, status, isPermanent } = error;
      throw this.#error(code, doing, `was not sent: ${error.message.replace(/\.$/, "")}`, {
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
      const failure = this.#error(code, call.doing, `got no answer: ${error.message}`, {
        isPermanent,
        cause: error,
      });
      const changedNothing = code === "NOT_SENT" || call.method !== "POST";
      throw changedNothing && !isPermanent ? new RetryableFailure(failure) : failure;
    }
  }

  #failure(call: Call, answer: HttpAnswer): TenantManagementError | RetryableFailure {
    const { status } = answer;
    const said = `${apiMessage(answer)}${quotedRequestId(answer)}`;
    const askedMs = askedWaitMs(answer);
    if (status === 429) {
      const until =
        askedMs === undefined ? "" : `, and to come back in ${String(Math.ceil(askedMs / 60_000))} min`;
      return this.#error(
        "REFUSED",
        call.doing,
        `was put off with 429 (too many requests)${until}, again and again for minutes${said}. Try later`,
        { status },
      );
    }
    if (status >= 500 || status === 408) {
      const error = this.#error("SERVER_FAILED", call.doing, `was answered ${status}${said}`, { status });
      return call.method === "POST" ? error : new RetryableFailure(error, askedMs, theApi);
    }
    if (status === 404 && (call.mayBeMissing === false || !hasContractsForm(answer))) {
      const outcome = `${describeForeignNotFound(answer)}${quotedRequestId(answer)}`;
      const error = this.#error("NOT_THE_API", call.doing, outcome, { status });
      return call.method === "POST" ? error : new RetryableFailure(error, askedMs, theApi);
    }
    if (status >= 300 && status < 400) {
      const outcome = `was answered ${status}, a redirect, which is never followed${quotedRequestId(answer)}`;
      if (call.collection === undefined) {
        return this.#error("REFUSED", call.doing, `${outcome}. Check tenants:apiUrl`, { status });
      }
      // A server may answer 303 with where to find what it has created.
      const made = this.#madeBy(answer, call);
      const details = { status, ...(made === undefined ? {} : { made }) };
      return this.#error(
        "ANSWER_INVALID",
        call.doing,
        `${outcome}; it may have created something. Check tenants:apiUrl`,
        details,
      );
    }
    const remedy = call.remedies?.[status] ?? remedies[status];
    return this.#error("REFUSED", call.doing, `was refused with ${status}${said}${remedy ?? ""}`, {
      status,
    });
  }

  #parse<T extends z.ZodType>(schema: T, answer: HttpAnswer, call: Call): z.output<T> {
    const compression = compressionOf(answer);
    const body = compression === undefined ? parseJson(answer.body) : undefined;
    if (body === undefined) {
      const problem =
        compression === undefined ? "is not JSON" : `is compressed (${compression}), which was not asked for`;
      throw this.#invalidAnswer(`its body ${problem}`, answer, call);
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues
      .map((issue) => `"${issue.path.join(".")}": ${issue.message}`)
      .join("; ");
    throw this.#invalidAnswer(printable(problems), answer, call);
  }

  /** What is fetched by an id proves that this very object exists. */
  #assertId(asked: string, found: string, answer: HttpAnswer, call: Call): void {
    if (asked !== found) throw this.#invalidAnswer(`its id is ${found}`, answer, call);
  }

  /**
   * What was made otherwise than it was asked for is of no use, and there all the same.
   *
   * @param refusals of the URLs in the answer
   * @param ofCredentials of a new application's credentials
   */
  #assertAsAsked(
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
      `something else than was asked for: ${all.join("; ")}`,
      answer,
      call,
      made === undefined ? undefined : { ...made, credentialsDiffer, refusals },
    );
  }

  #invalidAnswer(problem: string, answer: HttpAnswer, call: Call): TenantManagementError {
    const what = `something that is not what the vendor's contract says: ${problem}`;
    return this.#unusableAnswer(what, answer, call, this.#madeBy(answer, call));
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
    return this.#error(
      "ANSWER_INVALID",
      doing,
      `was answered ${status} with ${what}${quotedRequestId(answer)}. Tell the vendor`,
      { status, ...(made === undefined ? {} : { made }) },
    );
  }

  #error(
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
}

const theApi = "The Tenant Management API";

function assertHosts({ apiUrl, tokens }: TenantManagementApiOptions, hosts: HostRules): void {
  const found = [
    {
      name: "The URL of the Tenant Management API (tenants:apiUrl)",
      refusal: refusalOfUrl(apiUrl, "api", hosts),
    },
    {
      name: "The organization's token URL (tenants:tokenUrl)",
      refusal: refusalOfUrl(tokens.tokenUrl, "token", hosts),
    },
  ];
  const refused = found.flatMap(({ name, refusal }) => (refusal === undefined ? [] : [{ name, refusal }]));
  if (refused.length === 0) return;
  const problems = refused.map(({ name, refusal: { problem } }) => `${name} ${problem}.`);
  const refusals = refused.map(({ refusal }) => refusal);
  throw new TenantManagementError(
    "INPUT_INVALID",
    [...problems, "Nothing was sent.", wayToAllow(refusals, hosts)].join(" ").trim(),
  );
}

const remedies: Remedies = {
  401: ": the access token is not taken, not even a new one. Check that tenants:tokenUrl and tenants:apiUrl are of the same stage",
  403: ". The organization's client may lack the scope: ask the vendor",
};

const remediesOfTenantCreate: Remedies = {
  400: ". The name may be taken, or the tenant quota used up: what the API then answers is not documented",
  403: ". The organization's client may lack the scope, or the tenant quota is used up: ask the vendor",
};

function nameOf(tenantId: string, applicationId: string, cell: string | undefined): string {
  const place = cell === undefined ? "" : ` in cell ${printable(cell)}`;
  return `application ${printable(applicationId)}${place} of tenant ${printable(tenantId)}`;
}

function apiMessage(answer: HttpAnswer): string {
  const parsed = apiErrorSchema.safeParse(parseJson(answer.body));
  return parsed.success && parsed.data.message !== "" ? `: "${printable(parsed.data.message)}"` : "";
}

/** `JSON.stringify` refuses a BigInt, and a Number loses it: the key's integers leave through lossless-json. */
function toExactJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new TypeError(`not JSON: ${messageOf(value)}`);
  return text;
}

function toAuthMethod(authentication: Authentication): Record<string, unknown> {
  if (!("keyId" in authentication)) return { type: authentication.type };
  const { keyId, ...numbers } = authentication;
  return { ...numbers, kid: keyId };
}
