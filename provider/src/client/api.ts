import { stringify } from "lossless-json";
import { z } from "zod";

import { compressionOf, quotedRequestId } from "./answer";
import { type ApplicationCredentials, proveCredentials } from "./application-credentials";
import type { Stage } from "./cells";
import { Deadline } from "./deadline";
import { type MadeObject, messageOf, printable, TenantManagementError } from "./errors";
import type { OrganizationTokens } from "./organization-token";
import { parseJson } from "./json";
import { Pacer, realClock } from "./pacer";
import { resolveNextPage } from "./paging";
import type { PublicKeyNumbers } from "./public-key";
import { parseRetryAfter, RetryableFailure, type RetryPolicy, withRetries } from "./retry";
import {
  apiErrorSchema,
  type ApiApplication,
  applicationListSchema,
  type ApiTenant,
  applicationSchema,
  identifierSchema,
  madeObjectSchema,
  type NewApplication,
  newApplicationSchema,
  tenantPageSchema,
  tenantSchema,
} from "./schemas";
import { serverAheadMs } from "./server-clock";
import type { HttpAnswer, HttpRequest, Transport } from "./transport";

/** What a new application proves itself with. */
export type Authentication = { type: "CLIENT_SECRET" } | (PublicKeyNumbers & { keyId: string });

/** What the client is made of. */
export interface TenantManagementApiOptions {
  stage: Stage;
  /** The base URL, `/v0` included. */
  apiUrl: string;
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
  /** What an answer 400, whose own message may be empty, most likely means. */
  remedyOf400?: string;
}

/**
 * Calls the Tenant Management API. GET and DELETE are repeated; a POST only where it surely changed nothing,
 * because the API has no idempotency key.
 *
 * Every method throws {@link TenantManagementError}.
 */
export class TenantManagementApi {
  readonly stage: Stage;
  readonly apiUrl: string;

  readonly #pacer: Pacer;
  #clockAheadMs = 0;

  constructor(private readonly options: TenantManagementApiOptions) {
    this.stage = options.stage;
    const { sleep } = options.retryPolicy;
    this.#pacer = options.pacer ?? new Pacer({ ...realClock, sleep: (delayMs) => sleep(delayMs) });
    this.apiUrl = options.apiUrl.replace(/\/+$/, "");
  }

  /**
   * Creates a tenant (`createTenant`).
   *
   * @param tenant `cells` are those where the Web UI is reachable; the API's default is `["eu-1"]`
   */
  async createTenant(tenant: { name: string; cells?: readonly string[] }): Promise<ApiTenant> {
    const { name, cells } = tenant;
    const doing = `create tenant "${printable(name)}"${cells === undefined ? "" : ` with ${printable(cells.join(", "))}`}`;
    const answer = await this.#call({
      doing,
      method: "POST",
      url: this.#url("tenants"),
      remedyOf400:
        ". The name may be taken, or the tenant quota used up: what the API then answers is not documented",
      body: JSON.stringify({ name, ...(cells === undefined ? {} : { cells }) }),
    });
    return this.#parse(tenantSchema, answer, doing);
  }

  /** Lists every tenant of the organization (`getTenants`), page by page. */
  async listTenants(): Promise<ApiTenant[]> {
    const doing = "list tenants";
    const tenants: ApiTenant[] = [];
    const seen = new Set<string>();
    let length = 0;
    // No `limit` is given: which is the largest that the API takes is not documented.
    let url: URL | undefined = this.#url("tenants");
    while (url !== undefined) {
      if (seen.has(url.href) || seen.size >= mostPages || length > longestList) {
        throw this.#invalidAnswer(doing, "its pages never end");
      }
      seen.add(url.href);
      const answer = await this.#call({ doing, method: "GET", url });
      length += answer.body.length;
      const page: z.output<typeof tenantPageSchema> = this.#parse(tenantPageSchema, answer, doing);
      tenants.push(...page.items);
      const next = page._links?.next?.href;
      url =
        next === undefined || next === null || next === ""
          ? undefined
          : resolveNextPage(this.apiUrl, url, next);
    }
    return tenants;
  }

  /** Fetches a tenant (`getTenant`); undefined where the API knows none of that id. */
  async getTenant(tenantId: string): Promise<ApiTenant | undefined> {
    const doing = `fetch tenant ${printable(tenantId)}`;
    return this.#found(async () =>
      this.#parse(
        tenantSchema,
        await this.#call({ doing, method: "GET", url: this.#url("tenants", tenantId) }),
        doing,
      ),
    );
  }

  /**
   * Deletes a tenant (`deleteTenant`), which has no applications left.
   *
   * @returns Resolves with false where the API knew none of that id.
   */
  async deleteTenant(tenantId: string): Promise<boolean> {
    return this.#deleted({
      doing: `delete tenant ${printable(tenantId)}`,
      method: "DELETE",
      url: this.#url("tenants", tenantId),
    });
  }

  /** Creates an application (`createTenantApplication`). Its credentials come in this answer and never again. */
  async createApplication(
    tenantId: string,
    application: { cell: string; scopes: readonly string[]; authentication: Authentication },
  ): Promise<NewApplication> {
    const { cell, scopes, authentication } = application;
    const doing = `create an application in cell ${printable(cell)} of tenant ${printable(tenantId)}`;
    const answer = await this.#call({
      doing,
      method: "POST",
      url: this.#url("tenants", tenantId, "applications"),
      body: toExactJson({ cell, scopes, auth_method: toAuthMethod(authentication) }),
    });
    return this.#parse(newApplicationSchema, answer, doing);
  }

  /** Lists a tenant's applications (`getTenantApplications`); undefined where the API knows no such tenant. */
  async listApplications(tenantId: string): Promise<ApiApplication[] | undefined> {
    const doing = `list the applications of tenant ${printable(tenantId)}`;
    return this.#found(async () => {
      const url = this.#url("tenants", tenantId, "applications");
      return this.#parse(applicationListSchema, await this.#call({ doing, method: "GET", url }), doing).items;
    });
  }

  /** Fetches an application (`getTenantApplication`), without credentials; undefined where there is none. */
  async getApplication(tenantId: string, applicationId: string): Promise<ApiApplication | undefined> {
    const doing = `fetch application ${printable(applicationId)} of tenant ${printable(tenantId)}`;
    return this.#found(async () => {
      const url = this.#url("tenants", tenantId, "applications", applicationId);
      return this.#parse(applicationSchema, await this.#call({ doing, method: "GET", url }), doing);
    });
  }

  /**
   * Deletes an application (`deleteTenantApplication`); its credentials end with it.
   *
   * @returns Resolves with false where the API knew none of that id.
   */
  async deleteApplication(tenantId: string, applicationId: string): Promise<boolean> {
    return this.#deleted({
      doing: `delete application ${printable(applicationId)} of tenant ${printable(tenantId)}`,
      method: "DELETE",
      url: this.#url("tenants", tenantId, "applications", applicationId),
    });
  }

  /**
   * Makes sure that credentials are an application's: gets a token with them at its authorization server.
   *
   * @param application as the API tells it
   */
  async proveCredentials(application: ApiApplication, credentials: ApplicationCredentials): Promise<void> {
    const { transport, retryPolicy } = this.options;
    await proveCredentials(application, credentials, transport, retryPolicy);
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

  async #found<T>(fetch: () => Promise<T>): Promise<T | undefined> {
    try {
      return await fetch();
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #deleted(call: Call): Promise<boolean> {
    try {
      await this.#call(call);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #call(call: Call): Promise<HttpAnswer> {
    const deadline = new Deadline(deadlineMs);
    try {
      return await withRetries(
        () => this.#attempt(call, deadline),
        this.options.retryPolicy,
        deadline.signal,
      );
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
    await tokens.get();
    let accessToken = "";
    const send = async (): Promise<HttpAnswer> => {
      accessToken = await tokens.get();
      return this.#sendWith(accessToken, call);
    };
    const answer = await this.#pacer.send(send, deadline);
    if (answer.status !== 401) return answer;
    tokens.forget(accessToken);
    return this.#pacer.send(send, deadline);
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
    const askedMs = parseRetryAfter(answer.headers["retry-after"], Date.now());
    if (status === 429) {
      const until =
        askedMs === undefined ? "" : `, and to come back in ${String(Math.ceil(askedMs / 60_000))} min`;
      return this.#error(
        "REFUSED",
        call.doing,
        `was put off with 429 (too many requests)${until}, again and again, while nothing else was served${said}. Try later`,
        { status },
      );
    }
    if (status >= 500 || status === 408) {
      const error = this.#error("SERVER_FAILED", call.doing, `was answered ${status}${said}`, { status });
      return call.method === "POST" ? error : new RetryableFailure(error, askedMs);
    }
    if (status >= 300 && status < 400) {
      return this.#error(
        "REFUSED",
        call.doing,
        `was answered ${status}, a redirect, which is never followed${quotedRequestId(answer)}. Check tenants:apiUrl`,
        { status },
      );
    }
    const remedy = status === 400 ? call.remedyOf400 : remedies[status];
    return this.#error("REFUSED", call.doing, `was refused with ${status}${said}${remedy ?? ""}`, {
      status,
    });
  }

  #parse<T extends z.ZodType>(schema: T, answer: HttpAnswer, doing: string): z.output<T> {
    const compression = compressionOf(answer);
    const body = compression === undefined ? parseJson(answer.body) : undefined;
    if (body === undefined) {
      const problem =
        compression === undefined ? "is not JSON" : `is compressed (${compression}), which was not asked for`;
      throw this.#invalidAnswer(doing, `its body ${problem}${quotedRequestId(answer)}`, answer);
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues
      .map((issue) => `"${issue.path.join(".")}": ${issue.message}`)
      .join("; ");
    throw this.#invalidAnswer(doing, `${printable(problems)}${quotedRequestId(answer)}`, answer);
  }

  #invalidAnswer(doing: string, problem: string, answer?: HttpAnswer): TenantManagementError {
    const made = answer === undefined ? undefined : madeObject(answer);
    return this.#error(
      "ANSWER_INVALID",
      doing,
      `was answered with something that is not what the vendor's contract says: ${problem}. Tell the vendor`,
      made === undefined ? {} : { made },
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

const remedies: Partial<Record<number, string>> = {
  401: ": the access token is not taken, not even a new one. Check that tenants:tokenUrl and tenants:apiUrl are of the same stage",
  403: ". The organization's client may lack the scope, or the tenant quota is used up: ask the vendor",
};

function isNotFound(error: unknown): boolean {
  return error instanceof TenantManagementError && error.code === "REFUSED" && error.status === 404;
}

function apiMessage(answer: HttpAnswer): string {
  const parsed = apiErrorSchema.safeParse(parseJson(answer.body));
  return parsed.success && parsed.data.message !== "" ? `: "${printable(parsed.data.message)}"` : "";
}

/** Reads what it can of an unusable answer: which object it speaks of, by its body or else by `Location`, and its credential. */
function madeObject(answer: HttpAnswer): MadeObject | undefined {
  const location = answer.headers["location"]?.split(/[?#]/)[0]?.split("/").at(-1);
  const fromBody = madeObjectSchema.safeParse(parseJson(answer.body)).data;
  const objectId = fromBody?.id ?? identifierSchema.safeParse(location).data;
  if (answer.status !== 201 || objectId === undefined) return undefined;
  return { objectId, clientId: fromBody?.client_id, clientSecret: fromBody?.credentials?.client_secret };
}

/** `JSON.stringify` refuses a BigInt, and a Number loses it: the key's integers leave through lossless-json. */
function toExactJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new TypeError(`not JSON: ${messageOf(value)}`);
  return text;
}

function toAuthMethod(authentication: Authentication): Record<string, unknown> {
  switch (authentication.type) {
    case "CLIENT_SECRET":
      return { type: authentication.type };
    case "RSA":
    case "EC": {
      const { keyId, ...numbers } = authentication;
      return { ...numbers, kid: keyId };
    }
  }
}
