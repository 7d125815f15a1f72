import { setImmediate as nextTurn } from "node:timers/promises";

import { TenantManagementError } from "../../provider/src/client/errors";
import type { HttpAnswer, HttpRequest, Transport } from "../../provider/src/client/transport";
import type { JournalEvent } from "../../provider/src/journal/index";
import type { FaultInput, Operation, Stage, TenantRecord } from "../../sandbox/api";
import type { Answer } from "../../sandbox/api/answer";
import {
  applicationAuthorizationServer,
  type AuthorizationServerContext,
} from "../../sandbox/api/authorization-server";
import { type Cell, cells } from "../../sandbox/api/cells";
import { Contract, type MatchedOperation } from "../../sandbox/api/contract";
import { createControl } from "../../sandbox/api/control";
import { type Fault, FaultPlan, faultSchema } from "../../sandbox/api/faults";
import { Journal } from "../../sandbox/api/journal";
import type { OrganizationClient } from "../../sandbox/api/organization";
import { applyChange } from "../../sandbox/api/settings";
import { TenantManagement } from "../../sandbox/api/tenant-management";
import { type RequestedAuthentication, Tenants } from "../../sandbox/api/tenants";
import { AccessTokens } from "../../sandbox/api/tokens";
import { type DocumentsScope, organizationScopes } from "../../sandbox/api/vocabulary";
import type { Random } from "../fuzz/random";
import { subjectOf } from "../fuzz/subjects";
import type { CommandLife } from "./command-life";

const origin = "http://127.0.0.1:9";
export const apiUrl = `${origin}/v0`;
export const tokenUrl = `${origin}/oauth2/organization/v1/token`;
const applicationTokenUrl = (cell: Cell): string => `${origin}/oauth2/${cell}/v1/token`;
const garbage = "<html><body>Bad Gateway</body></html>";
const tokenLifetimeS = 3600;

/** A request that arrived. */
export interface SimulatedRequest {
  operation: Operation;
  /** What it is about: a customer, or an application's slot. */
  subject: string | undefined;
  path: string;
  /** Whether it counted for faults. */
  isCounted: boolean;
}

/** How a tenant of somebody else's is made. */
export interface Stranger {
  cell: Cell;
  /** How long ago. */
  ageMs: number;
  hasApplication: boolean;
}

/** What is asked before a delete is carried out. */
export type DeleteWatch = (tenantId: string, applicationId: string | undefined) => void;

/**
 * The sandbox's own Tenant Management API, its contract and its faults, without a network: a request is a function call,
 * and nothing waits.
 */
export class SimulatedApi {
  readonly requests: SimulatedRequest[] = [];
  /** Whether no fault happens for now, and no request counts for one. */
  isCalm = false;
  /** Whether each list is empty for now, as that of a server which lags: what it lacks is found by its id. */
  areListsEmpty = false;
  /** How many lists from now on are as {@link areListsEmpty} says, before the next is whole. */
  laggingLists = 0;
  /** How many lists after each create are as {@link areListsEmpty} says. */
  listsLaggingAfterCreate = 0;
  /** Changes what answers to creates say of what was made, for now; default: they say what was made. */
  changeMade: ((made: object) => object) | undefined;
  /** The same of what lists have. */
  changeListed: ((listed: object) => object) | undefined;
  /** The most tenants in a page of their list; default: the API's own. */
  pageLength: number | undefined;
  /** Whether the credentials are another organization's for now, which has nothing. */
  isOfAnotherOrganization = false;
  /** The client secrets that went out. */
  readonly secrets = new Set<string>();
  /** Is told of each delete before it is carried out. */
  watchDeletes: DeleteWatch = () => undefined;
  #afterNext: { operation: Operation; act: () => void } | undefined;
  readonly #unmet = new Set<Fault>();
  readonly #tenants: Tenants;
  readonly #tokens = new AccessTokens();
  readonly #organizationClient = Object.create(null) as OrganizationClient;
  readonly #management: TenantManagement;
  readonly #another: TenantManagement;
  readonly #authorization: AuthorizationServerContext;
  #faults = new FaultPlan();

  private constructor(
    stage: Stage,
    private readonly contract: Contract,
    private readonly eventsOnRecord: () => JournalEvent[],
    newId: () => string,
  ) {
    const settings = applyChange({ quota: 1000 });
    this.#tenants = new Tenants(stage, () => settings, { newId });
    const management = (tenants: Tenants): TenantManagement =>
      new TenantManagement({
        contract,
        tenants,
        tokens: this.#tokens,
        representation: () => ({
          stage,
          organization: "sandbox",
          settings,
          authServer: (cell) => `${origin}/oauth2/${cell}`,
        }),
        noteSecret: (secret) => this.secrets.add(secret),
      });
    this.#authorization = {
      settings: () => settings,
      tokens: this.#tokens,
      noteSecret: (secret) => this.secrets.add(secret),
    };
    this.#management = management(this.#tenants);
    this.#another = management(new Tenants(stage, () => settings, { newId }));
  }

  /**
   * @param eventsOnRecord gives what is on record of the stack
   * @param newId makes the ids, by which the list of tenants is ordered
   */
  static async open(
    stage: Stage,
    eventsOnRecord: () => JournalEvent[],
    newId: () => string,
  ): Promise<SimulatedApi> {
    return new SimulatedApi(stage, await Contract.load(), eventsOnRecord, newId);
  }

  /** Lists everything that exists. */
  tenants(): TenantRecord[] {
    return createControl({
      journal: new Journal(),
      faults: this.#faults,
      tenants: this.#tenants,
      organizationClient: this.#organizationClient,
      tokens: [],
      secrets: this.secrets,
      applySettings: () => undefined,
    }).tenants();
  }

  /** Gives the client secret of an application; undefined where it has none. */
  clientSecretOf(tenantId: string, applicationId: string): string | undefined {
    const { authentication } = this.#tenants.application(tenantId, applicationId);
    return authentication.type === "CLIENT_SECRET" ? authentication.clientSecret : undefined;
  }

  /** Deletes an application by hand, as somebody at the vendor would. */
  deleteApplication(applicationId: string): void {
    this.#tenants.dropApplication(applicationId);
  }

  /**
   * Makes a tenant as somebody else would.
   *
   * @returns its id
   */
  makeStranger(name: string, { cell, ageMs, hasApplication }: Stranger): string {
    const tenant = this.#tenants.create(name, [cell]);
    tenant.created = new Date(Date.now() - ageMs).toISOString();
    const { tenantId } = tenant;
    if (hasApplication) this.makeApplication(tenantId, cell, ["documents.submissions.read"]);
    return tenantId;
  }

  /**
   * Makes an application as somebody else would.
   *
   * @returns its id
   */
  makeApplication(
    tenantId: string,
    cell: Cell,
    scopes: DocumentsScope[],
    authentication: RequestedAuthentication = { type: "CLIENT_SECRET" },
  ): string {
    return this.#tenants.createApplication(tenantId, cell, scopes, authentication).applicationId;
  }

  /** Takes a tenant away, with all its applications, which the API itself never does. */
  dropTenant(tenantId: string): void {
    this.#tenants.drop(tenantId);
  }

  /** Changes the cells of a tenant, as the vendor would. */
  setCells(tenantId: string, tenantCells: readonly Cell[]): void {
    this.#tenants.setCells(tenantId, tenantCells);
  }

  addFault(fault: FaultInput): void {
    const parsed = faultSchema.parse(fault);
    this.#faults.add(parsed);
    this.#unmet.add(parsed);
  }

  /** Plans no fault any more, and nothing that {@link afterNext} would do. */
  clearFaults(): void {
    this.#faults = new FaultPlan();
    this.#unmet.clear();
    this.#afterNext = undefined;
  }

  /** Gives the operations of the faults that no request has met, and of what {@link afterNext} has not done. */
  unmet(): string[] {
    return [...this.#unmet, ...(this.#afterNext === undefined ? [] : [this.#afterNext])].map(
      ({ operation }) => operation,
    );
  }

  revokeTokens(): void {
    this.#tokens.revokeAll();
  }

  /** Does something once, when the next request of an operation is answered, and before the client has the answer. */
  afterNext(operation: Operation, act: () => void): void {
    this.#afterNext = { operation, act };
  }

  /**
   * Gives the way by which one command sends its requests.
   *
   * @param random draws how long each is on its way, so that they overtake each other; absent where they do not
   */
  transportOf(life: CommandLife, random?: Random): Transport {
    return {
      send: async (request) => {
        life.assertAlive();
        for (let turns = random?.int(0, 3) ?? 0; turns > 0; turns -= 1) await nextTurn();
        life.assertAlive();
        return (await this.#applicationToken(request)) ?? this.#send(request, life);
      },
      close: () => Promise.resolve(),
    };
  }

  #send({ method, url, headers, body = "" }: HttpRequest, life: CommandLife): HttpAnswer {
    const path = url.pathname + url.search;
    const matched = url.href === tokenUrl ? undefined : this.contract.match(method, path);
    const operation = matched?.operation ?? "token";
    const tenant = matched === undefined ? undefined : this.#management.tenantOf({ url: path, body });
    const subject = subjectOf({ operation, path: url.pathname, body, tenant }, this.eventsOnRecord);
    this.requests.push({ operation, subject, path, isCounted: !this.isCalm });
    life.pass({ at: "request", moment: "before", operation, subject });
    const carryOut = (): Answer => {
      return matched === undefined
        ? this.#issueToken()
        : this.#answer(matched, { method, path, headers, body });
    };
    const fault = this.isCalm ? undefined : this.#faults.take(operation, url.pathname, subject);
    if (fault !== undefined) this.#unmet.delete(fault);
    const answer = answerWith(fault, carryOut);
    if (this.#afterNext?.operation === operation) {
      const { act } = this.#afterNext;
      this.#afterNext = undefined;
      act();
    }
    life.pass({ at: "request", moment: "after", operation, subject });
    if (answer === undefined)
      throw new TenantManagementError("NO_ANSWER", `${url.host}: the connection was reset`);
    life.pass({ at: "request", moment: "answered", operation, subject });
    return answer;
  }

  #answer(
    matched: MatchedOperation,
    {
      method,
      path,
      headers,
      body,
    }: { method: string; path: string; headers: Record<string, string>; body: string },
  ): Answer {
    const [tenantId, applicationId] = idsIn(path);
    if (method === "DELETE" && !this.isOfAnotherOrganization) this.watchDeletes(tenantId, applicationId);
    const management = this.isOfAnotherOrganization ? this.#another : this.#management;
    const isPaged =
      matched.operation === "getTenants" && this.pageLength !== undefined && !path.includes("?");
    const answer = management.answer(matched, {
      method,
      url: isPaged ? `${path}?limit=${this.pageLength}` : path,
      contentType: headers["content-type"],
      authorization: headers["authorization"],
      body,
    });
    if (method === "POST" && this.changeMade !== undefined && answer.status === 201)
      return { ...answer, body: this.changeMade(answer.body as object) };
    const isList =
      ["getTenants", "getTenantApplications"].includes(matched.operation) && answer.status === 200;
    const isLagging = isList && (this.areListsEmpty || this.laggingLists > 0);
    if (isLagging) this.laggingLists = Math.max(0, this.laggingLists - 1);
    if (method === "POST" && this.listsLaggingAfterCreate > 0)
      this.laggingLists = this.listsLaggingAfterCreate;
    if (isLagging) return { ...answer, body: { items: [], _links: {} } };
    if (!isList || this.changeListed === undefined) return answer;
    const list = answer.body as { items: object[] };
    return { ...answer, body: { ...list, items: list.items.map(this.changeListed) } };
  }

  /** Answers as the authorization server of a cell's applications; undefined where the request is to another server. */
  async #applicationToken({ method, url, headers, body = "" }: HttpRequest): Promise<HttpAnswer | undefined> {
    const cell = cells.find((one) => url.href === applicationTokenUrl(one));
    if (cell === undefined) return undefined;
    const server = applicationAuthorizationServer(
      () => applicationTokenUrl(cell),
      cell,
      this.#tenants,
      this.#authorization,
    );
    const answer = await server.answer({
      method,
      url: url.pathname,
      contentType: headers["content-type"],
      authorization: headers["authorization"],
      body,
    });
    return toHttp(answer);
  }

  /** That assertions are signed rightly is the client's own tests' business: here a token costs no signature. */
  #issueToken(): Answer {
    const access_token = this.#tokens.issue(organizationScopes, tokenLifetimeS);
    return { status: 200, body: { access_token, token_type: "Bearer", expires_in: tokenLifetimeS } };
  }
}

function idsIn(path: string): [tenantId: string, applicationId: string | undefined] {
  const [, tenantId = "", applicationId] =
    /\/tenants\/([^/?]+)(?:\/applications\/([^/?]+))?/.exec(path) ?? [];
  return [tenantId, applicationId];
}

/** Answers as the sandbox's server does; undefined where the client gets no whole answer. */
function answerWith(fault: Fault | undefined, carryOut: () => Answer): HttpAnswer | undefined {
  switch (fault?.kind) {
    case undefined:
    case "latency":
      return toHttp(carryOut());
    case "status": {
      if (fault.carriedOut) carryOut();
      const message = "a fault was injected into the sandbox";
      const isBare = fault.status === 429 || fault.status === 204;
      const answer = {
        status: fault.status,
        headers: fault.headers,
        ...(isBare ? {} : { body: { message } }),
      };
      return toHttp(answer, fault.body);
    }
    case "hang":
      if (fault.carriedOut) carryOut();
      return undefined;
    case "reset-before":
      return undefined;
    case "reset-after":
    case "half-body":
      carryOut();
      return undefined;
    case "garbage-body":
      return toHttp(carryOut(), fault.body ?? garbage);
  }
}

function toHttp({ status, headers = {}, body }: Answer, text?: string): HttpAnswer {
  const payload = text ?? (body === undefined ? "" : JSON.stringify(body));
  const named = Object.entries({ "content-type": "application/json", ...headers });
  return {
    status,
    headers: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value])),
    body: payload,
  };
}
