import { stringify } from "lossless-json";
import type { z } from "zod";

import { AnswerReader, type Call, type Remedies } from "./answer-reader";
import { ApiCalls, type ApiCallsOptions } from "./api-calls";
import { type ApplicationCredentials, proveCredentials } from "./application-credentials";
import {
  applicationDifferences,
  credentialDifferences,
  linkRefusals,
  serverRefusals,
  tenantDifferences,
} from "./as-asked";
import { type SecretMethod } from "./auth-methods";
import type { Stage } from "./cells";
import { afterEarlierAttempts, mayHaveHappened, TenantManagementError } from "./errors";
import { type HostRules, refusalOfUrl, wayToAllow } from "./hosts";
import { contradicted, isNotFound } from "./not-found";
import { resolveNextPage } from "./paging";
import type { PublicKeyNumbers } from "./public-key";
import { patienceMs, RetryableFailure, withRetries } from "./retry";
import {
  type ApiApplication,
  type ApiTenant,
  applicationListSchema,
  applicationSchema,
  type NewApplication,
  newApplicationSchema,
  tenantPageSchema,
  tenantSchema,
} from "./schemas";
import { lookTwice, sharedNext, whileSettling } from "./settling";
import { messageOf, printable } from "./text";
import type { HttpAnswer } from "./transport";

/** The credentials of a new application. */
export type Authentication = { type: SecretMethod } | (PublicKeyNumbers & { keyId: string });

/**
 * The result of a delete: it was done; the API does not have the object, neither in a list nor by a fetch; or the same
 * after an attempt without an answer, which may have succeeded.
 */
export type Deletion = "deleted" | "missing" | "perhapsDeleted";

/** The options of the client. */
export interface TenantManagementApiOptions extends ApiCallsOptions {
  stage: Stage;
  /** The base URL, `/v0` included. */
  apiUrl: string;
  /** The hosts that the environment allows besides the vendor's (`TENANTS_ALLOWED_HOSTS`). Default: none. */
  allowedHosts?: readonly string[];
}

/** More pages than any real list has. */
const mostPages = 1000;
/** The most characters of a list that are read, so that a thousand large answers cannot fill the memory. */
const longestList = 64 * 1024 * 1024;
/**
 * Calls the Tenant Management API. GET and DELETE are repeated; a POST only if it certainly changed nothing, because
 * the API has no idempotency key.
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
  /** The vendor's environment. */
  readonly stage: Stage;
  /** The base URL, without a final slash. */
  readonly apiUrl: string;

  readonly #calls: ApiCalls;
  readonly #reader: AnswerReader;
  /** A list that is read after the call, shared by simultaneous callers. */
  readonly #tenantsFromNow = sharedNext(() => this.#readTenants());
  readonly #hosts: HostRules;

  /**
   * @throws {@link TenantManagementError} `INPUT_INVALID` if the API or its token server is at a host that is not
   *   allowed
   */
  constructor(private readonly options: TenantManagementApiOptions) {
    this.stage = options.stage;
    this.#hosts = { stage: options.stage, allowedHosts: options.allowedHosts ?? [] };
    assertHosts(options, this.#hosts);
    this.apiUrl = options.apiUrl.replace(/\/+$/, "");
    this.#reader = new AnswerReader(options.stage, this.apiUrl);
    this.#calls = new ApiCalls(this.apiUrl, options, this.#reader);
  }

  /**
   * Creates a tenant (`createTenant`).
   *
   * @param tenant `cells`: where the Web UI is reachable; the API's default is `["eu-1"]`
   */
  async createTenant(tenant: { name: string; cells?: readonly string[] }): Promise<ApiTenant> {
    const { name, cells } = tenant;
    const call: Call = {
      doing: `create tenant "${printable(name)}"${cells === undefined ? "" : ` with ${printable(cells.join(", "))}`}`,
      method: "POST",
      url: this.#calls.url("tenants"),
      collection: ["tenants"],
      mayBeMissing: false,
      remedies: remediesOfTenantCreate,
      body: JSON.stringify({ name, ...(cells === undefined ? {} : { cells }) }),
    };
    const answer = await this.#calls.send(call);
    const made = this.#reader.parse(tenantSchema, answer, call);
    this.#reader.assertAsAsked(
      tenantDifferences(tenant, made),
      answer,
      call,
      linkRefusals(made, this.#hosts),
    );
    return made;
  }

  /**
   * Lists every tenant of the organization (`getTenants`), page by page, each once. A list may lag, and its pages may
   * shift while they are read: a tenant that it lacks may still exist (see {@link getTenant}). Simultaneous callers
   * share one read, which begins after each of their calls: an update of thousands of customers may have to look for
   * each of them.
   */
  async listTenants(): Promise<ApiTenant[]> {
    return [...(await this.#tenantsFromNow())];
  }

  async #readTenants(): Promise<ApiTenant[]> {
    const doing = "list tenants";
    const tenants = new Map<string, ApiTenant>();
    const seen = new Set<string>();
    let length = 0;
    // No `limit` is given: which is the largest that the API takes is not documented.
    let url: URL | undefined = this.#calls.url("tenants");
    while (url !== undefined) {
      seen.add(url.href);
      const call: Call = { doing, method: "GET", url, mayBeMissing: false };
      const answer = await this.#calls.send(call);
      length += answer.body.length;
      const page: z.output<typeof tenantPageSchema> = this.#reader.parse(tenantPageSchema, answer, call);
      for (const tenant of page.items) tenants.set(tenant.tenantId, tenant);
      url = this.#nextPage(page._links?.next?.href, answer, call);
      if (url !== undefined && (seen.has(url.href) || seen.size >= mostPages || length > longestList)) {
        throw this.#reader.invalidAnswer("its pages never end", answer, call);
      }
    }
    return [...tenants.values()];
  }

  #nextPage(href: string | null | undefined, answer: HttpAnswer, call: Call): URL | undefined {
    if (href === undefined || href === null || href === "") return undefined;
    const next = resolveNextPage(this.apiUrl, call.url, href);
    if (next !== undefined) return next;
    throw this.#reader.invalidAnswer(
      "its link to the next page is outside the Tenant Management API, and was not followed. Check tenants:apiUrl",
      answer,
      call,
    );
  }

  /**
   * Fetches a tenant (`getTenant`).
   *
   * @returns Resolves with undefined only if the API answers 404 for it, lists no such tenant, and knows no
   *   applications of it.
   */
  async getTenant(tenantId: string): Promise<ApiTenant | undefined> {
    const call: Call = {
      doing: `fetch tenant ${printable(tenantId)}`,
      method: "GET",
      url: this.#calls.url("tenants", tenantId),
    };
    return this.#unlessNotFound(
      async () => {
        const answer = await this.#calls.send(call);
        const found = this.#reader.parse(tenantSchema, answer, call);
        this.#reader.assertId(tenantId, found.tenantId, answer, call);
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
   * Deletes a tenant without applications (`deleteTenant`).
   *
   * @returns Resolves with the result, unless the API refused.
   */
  async deleteTenant(tenantId: string): Promise<Deletion> {
    return this.#deleted(
      {
        doing: `delete tenant ${printable(tenantId)}`,
        method: "DELETE",
        url: this.#calls.url("tenants", tenantId),
      },
      async () => (await this.getTenant(tenantId)) === undefined,
    );
  }

  /** Creates an application (`createTenantApplication`). Only this answer contains its credentials. */
  async createApplication(
    tenantId: string,
    application: { cell: string; scopes: readonly string[]; authentication: Authentication },
  ): Promise<NewApplication> {
    const { cell, scopes, authentication } = application;
    const collection = ["tenants", tenantId, "applications"];
    const call: Call = {
      doing: `create an application in cell ${printable(cell)} of tenant ${printable(tenantId)}`,
      method: "POST",
      url: this.#calls.url(...collection),
      collection,
      body: toExactJson({ cell, scopes, auth_method: toAuthMethod(authentication) }),
    };
    const answer = await this.#calls.send(call);
    const made = this.#reader.parse(newApplicationSchema, answer, call);
    const ofCredentials = credentialDifferences(authentication, made.credentials);
    const refusals = serverRefusals(made, this.#hosts);
    this.#reader.assertAsAsked(
      applicationDifferences(application, made),
      answer,
      call,
      refusals,
      ofCredentials,
    );
    return made;
  }

  /**
   * Lists a tenant's applications (`getTenantApplications`), each once. A list may lag: an application that it lacks
   * may still exist (see {@link getApplication}).
   *
   * @returns Resolves with undefined only if the tenant does not exist, as for {@link getTenant}.
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
      url: this.#calls.url("tenants", tenantId, "applications"),
    };
    const { items } = this.#reader.parse(applicationListSchema, await this.#calls.send(call), call);
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
   * @param cell the cell for error messages, if known
   * @returns Resolves with undefined only if the API answers 404 for it and its tenant's list lacks it, or the tenant
   *   does not exist.
   */
  async getApplication(
    tenantId: string,
    applicationId: string,
    cell?: string,
  ): Promise<ApiApplication | undefined> {
    const call: Call = {
      doing: `fetch ${nameOf(tenantId, applicationId, cell)}`,
      method: "GET",
      url: this.#calls.url("tenants", tenantId, "applications", applicationId),
    };
    return this.#unlessNotFound(
      async () => {
        const answer = await this.#calls.send(call);
        const found = this.#reader.parse(applicationSchema, answer, call);
        this.#reader.assertId(applicationId, found.applicationId, answer, call);
        return found;
      },
      async () =>
        (await this.listApplications(tenantId))?.find((listed) => listed.applicationId === applicationId),
    );
  }

  /**
   * Deletes an application (`deleteTenantApplication`); its credentials end with it.
   *
   * @param cell the cell for error messages, if known
   * @returns Resolves with the result, unless the API refused.
   */
  async deleteApplication(tenantId: string, applicationId: string, cell?: string): Promise<Deletion> {
    return this.#deleted(
      {
        doing: `delete ${nameOf(tenantId, applicationId, cell)}`,
        method: "DELETE",
        url: this.#calls.url("tenants", tenantId, "applications", applicationId),
      },
      async () => (await this.getApplication(tenantId, applicationId, cell)) === undefined,
    );
  }

  /**
   * Repeats a request for some seconds while it is refused because not every server of the API sees this run's changes
   * yet.
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
   * Reads a list twice, a moment apart: a list that lags may lack an item once.
   *
   * @see {@link lookTwice}
   */
  lookTwice<T>(look: () => Promise<T>, isEnough?: (seen: T) => boolean): Promise<T[]> {
    return lookTwice(look, this.options.retryPolicy.sleep, isEnough);
  }

  /**
   * Checks that credentials belong to an application by getting a token at its authorization server.
   *
   * @param application as the API returns it
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
   * How far the API's clock is ahead of this machine's, in milliseconds, by the `Date` of its last answer (accurate to
   * about a second). 0 if unknown.
   */
  get clockAheadMs(): number {
    return this.#calls.clockAheadMs;
  }

  /** Closes the open connections. */
  close(): Promise<void> {
    return this.options.transport.close();
  }

  /**
   * The only place that interprets "not found". Even a 404 in the contract's form may come from a gateway, so another
   * answer of the API must confirm it.
   *
   * @param ask requests an object; fails with 404 if the API does
   * @param confirm returns the API's other answer; throws {@link RetryableFailure} if it contradicts the 404: then
   *   everything is requested again
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
    return withRetries(attempt, this.options.retryPolicy, AbortSignal.timeout(patienceMs.operation));
  }

  /** @param isGone whether the API's other answers confirm that it does not exist */
  async #deleted(call: Call, isGone: () => Promise<boolean>): Promise<Deletion> {
    const failures: TenantManagementError[] = [];
    return this.#unlessNotFound<Deletion>(
      async () => {
        const answer = await this.#calls.send(call, (error) => failures.push(error));
        // A login page or a filter answers 200, too: an answer outside the contract proves nothing.
        if (answer.status === 204) return "deleted";
        failures.push(this.#reader.perhapsDeleted(call, answer));
        if (!(await isGone())) throw this.#reader.notDeleted(call, answer);
        return "deleted";
      },
      async (notFound) => {
        if (!(await isGone())) throw new RetryableFailure(contradicted(notFound, "the API still has it"));
        return failures.some(mayHaveHappened) ? "perhapsDeleted" : "missing";
      },
    ).catch((error: unknown) => {
      throw afterEarlierAttempts(error, failures);
    });
  }
}

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

const remediesOfTenantCreate: Remedies = {
  400: ". The name may be taken, or the tenant quota used up: the API's answers in these cases are not documented",
  403: ". The organization's client may lack the scope, or the tenant quota is used up: ask the vendor",
};

function nameOf(tenantId: string, applicationId: string, cell: string | undefined): string {
  const place = cell === undefined ? "" : ` in cell ${printable(cell)}`;
  return `application ${printable(applicationId)}${place} of tenant ${printable(tenantId)}`;
}

/** `JSON.stringify` refuses a BigInt, and a Number would lose digits: lossless-json writes the key's integers. */
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
