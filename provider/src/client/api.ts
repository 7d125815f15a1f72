import { stringify } from "lossless-json";
import { z } from "zod";

import type { Stage } from "./cells.js";
import { type MadeObject, messageOf, printable, TenantManagementError } from "./errors.js";
import type { OrganizationTokens } from "./organization-token.js";
import { parseJson } from "./json.js";
import { resolveNextPage } from "./paging.js";
import type { PublicKeyNumbers } from "./public-key.js";
import { parseRetryAfter, RetryableFailure, type RetryPolicy, withRetries } from "./retry.js";
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
} from "./schemas.js";
import type { HttpAnswer, HttpRequest, Transport } from "./transport.js";

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
}

/** How many tenants a page is asked to hold. */
const pageSize = 100;
/** More pages than any true list has. */
const mostPages = 1000;
/** How long one operation, its repetitions included, may begin new attempts, in milliseconds. */
const deadlineMs = 180_000;

interface Call {
  /** What is done, as an error tells it: `create tenant "acme"`. */
  doing: string;
  method: HttpRequest["method"];
  url: URL;
  body?: string;
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

  #clockAheadMs = 0;

  constructor(private readonly options: TenantManagementApiOptions) {
    this.stage = options.stage;
    this.apiUrl = options.apiUrl.replace(/\/+$/, "");
  }

  /**
   * Creates a tenant (`createTenant`).
   *
   * @param tenant `cells` are those where the Web UI is reachable; the API's default is `["eu-1"]`
   */
  async createTenant(tenant: { name: string; cells?: readonly string[] }): Promise<ApiTenant> {
    const { name, cells } = tenant;
    const doing = `create tenant "${name}"`;
    const answer = await this.#call({
      doing,
      method: "POST",
      url: this.#url("tenants"),
      body: JSON.stringify({ name, ...(cells === undefined ? {} : { cells }) }),
    });
    return this.#parse(tenantSchema, answer, doing);
  }

  /** Lists every tenant of the organization (`getTenants`), page by page. */
  async listTenants(): Promise<ApiTenant[]> {
    const doing = "list tenants";
    const tenants: ApiTenant[] = [];
    const seen = new Set<string>();
    let url: URL | undefined = this.#url("tenants");
    url.searchParams.set("limit", String(pageSize));
    while (url !== undefined) {
      if (seen.has(url.href) || seen.size >= mostPages) {
        throw this.#invalidAnswer(doing, "its pages never end");
      }
      seen.add(url.href);
      const page: z.output<typeof tenantPageSchema> = this.#parse(
        tenantPageSchema,
        await this.#call({ doing, method: "GET", url }),
        doing,
      );
      tenants.push(...page.items);
      const next = page._links?.next?.href;
      url = next === undefined ? undefined : resolveNextPage(this.apiUrl, next);
    }
    return tenants;
  }

  /** Fetches a tenant (`getTenant`); undefined where the API knows none of that id. */
  async getTenant(tenantId: string): Promise<ApiTenant | undefined> {
    const doing = `fetch tenant ${tenantId}`;
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
      doing: `delete tenant ${tenantId}`,
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
    const doing = `create an application in cell ${cell} of tenant ${tenantId}`;
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
    const doing = `list the applications of tenant ${tenantId}`;
    return this.#found(async () => {
      const url = this.#url("tenants", tenantId, "applications");
      return this.#parse(applicationListSchema, await this.#call({ doing, method: "GET", url }), doing).items;
    });
  }

  /** Fetches an application (`getTenantApplication`), without credentials; undefined where there is none. */
  async getApplication(tenantId: string, applicationId: string): Promise<ApiApplication | undefined> {
    const doing = `fetch application ${applicationId} of tenant ${tenantId}`;
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
      doing: `delete application ${applicationId} of tenant ${tenantId}`,
      method: "DELETE",
      url: this.#url("tenants", tenantId, "applications", applicationId),
    });
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

  #url(...segments: string[]): URL {
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
    return withRetries(() => this.#attempt(call), this.options.retryPolicy, AbortSignal.timeout(deadlineMs));
  }

  async #attempt(call: Call): Promise<HttpAnswer> {
    const answer = await this.#send(call);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw this.#failure(call, answer);
  }

  /** A token may have been revoked since it was given: then one renewal, and the request (which changed nothing) again. */
  async #send(call: Call): Promise<HttpAnswer> {
    const accessToken = await this.options.tokens.get();
    const answer = await this.#sendWith(accessToken, call);
    if (answer.status !== 401) return answer;
    this.options.tokens.forget(accessToken);
    return this.#sendWith(await this.options.tokens.get(), call);
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
      this.#noteClock(answer);
      return answer;
    } catch (error) {
      if (!(error instanceof TenantManagementError)) throw error;
      const failure = this.#error(error.code, call.doing, `got no answer: ${error.message}`, {
        cause: error,
      });
      throw error.code === "NOT_SENT" || call.method !== "POST" ? new RetryableFailure(failure) : failure;
    }
  }

  #noteClock(answer: HttpAnswer): void {
    const serverMs = Date.parse(answer.headers["date"] ?? "");
    if (!Number.isNaN(serverMs)) this.#clockAheadMs = serverMs - Date.now();
  }

  #failure(call: Call, answer: HttpAnswer): TenantManagementError | RetryableFailure {
    const { status } = answer;
    const said = `${apiMessage(answer)}${requestId(answer)}`;
    if (status === 429) {
      const error = this.#error(
        "REFUSED",
        call.doing,
        `was put off with 429 (too many requests) until the attempts ran out${said}`,
        { status },
      );
      return new RetryableFailure(error, parseRetryAfter(answer.headers["retry-after"], Date.now()));
    }
    if (status >= 500 || status === 408) {
      const error = this.#error("SERVER_FAILED", call.doing, `was answered ${status}${said}`, { status });
      return call.method === "POST"
        ? error
        : new RetryableFailure(error, parseRetryAfter(answer.headers["retry-after"], Date.now()));
    }
    if (status >= 300 && status < 400) {
      return this.#error(
        "REFUSED",
        call.doing,
        `was answered ${status}, a redirect, which is never followed. Check tenants:apiUrl`,
        { status },
      );
    }
    return this.#error("REFUSED", call.doing, `was refused with ${status}${said}${remedies[status] ?? ""}`, {
      status,
    });
  }

  #parse<T extends z.ZodType>(schema: T, answer: HttpAnswer, doing: string): z.output<T> {
    const body = parseJson(answer.body);
    if (body === undefined)
      throw this.#invalidAnswer(doing, `its body is not JSON${requestId(answer)}`, answer);
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues
      .map((issue) => `"${issue.path.join(".")}": ${issue.message}`)
      .join("; ");
    throw this.#invalidAnswer(doing, `${printable(problems)}${requestId(answer)}`, answer);
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

const requestIdHeaders = ["x-request-id", "x-amzn-requestid", "x-amz-apigw-id", "x-correlation-id"];

function requestId(answer: HttpAnswer): string {
  const header = requestIdHeaders.find((name) => answer.headers[name] !== undefined);
  return header === undefined ? "" : ` [${header} ${printable(answer.headers[header] ?? "")}]`;
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
