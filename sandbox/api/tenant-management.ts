import { z } from "zod";

import { type Answer, ApiError } from "./answer";
import { type Cell, cells } from "./cells";
import { apiRoot, type Contract, type MatchedOperation } from "./contract";
import { exactInteger, parseExactJson, toOrdinaryJson } from "./exact-json";
import { mediaTypeOf } from "./exchange";
import {
  type Representation,
  toApplicationResponse,
  toCredentials,
  toTenantPageResponse,
  toTenantResponse,
} from "./representations";
import type { Tenants } from "./tenants";
import type { AccessTokens } from "./tokens";
import { type ApiOperation, documentsScopes } from "./vocabulary";

/** A received request to the API. */
export interface ApiRequest {
  method: string;
  /** Path with query. */
  url: string;
  contentType: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** The parts of the API. */
export interface ApiContext {
  contract: Contract;
  tenants: Tenants;
  /** The organization's access tokens. */
  tokens: AccessTokens;
  representation: () => Representation;
  /** Called with every credential that is sent. */
  noteSecret: (secret: string) => void;
}

const defaultCells: Cell[] = ["eu-1"];
const defaultLimit = 20;
/**
 * The longest page; a larger `limit` gets a page of this length, so a client must not mistake a short page
 * for the last.
 */
const longestPage = 100;

/** The Tenant Management API, without its network. */
export class TenantManagement {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /**
   * Returns the name of a request's tenant, which may be deleted, or may never have been created; undefined
   * for none.
   */
  tenantOf({ url, body }: Pick<ApiRequest, "url" | "body">): string | undefined {
    const tenantId = /\/tenants\/([^/?]+)/.exec(url)?.[1];
    if (tenantId !== undefined) return this.#context.tenants.nameOf(tenantId);
    return /"name":"([^"]*)"/.exec(body)?.[1];
  }

  /**
   * Responds to a request of an operation.
   *
   * @throws if the response violates the contract, which is a bug of the sandbox
   */
  answer(matched: MatchedOperation, request: ApiRequest): Answer {
    const answer = this.#answerOrRefusal(matched, request);
    const problems = this.#context.contract.answerProblems(matched.operation, answer);
    if (problems.length > 0) {
      throw new Error(`the sandbox's own answer violates the contract: ${problems.join("; ")}`);
    }
    return answer;
  }

  #answerOrRefusal({ operation, scopes, takesBody }: MatchedOperation, request: ApiRequest): Answer {
    try {
      this.#assertAuthorized(request.authorization, scopes);
      return this.#carryOut(operation, this.#inputOf(operation, takesBody, request));
    } catch (error) {
      if (error instanceof ApiError) {
        return error.toAnswer();
      }
      throw error;
    }
  }

  #assertAuthorized(authorization: string | undefined, required: readonly string[]): void {
    const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      throw new ApiError(401, "the request has no bearer token", { "www-authenticate": "Bearer" });
    }
    const granted = this.#context.tokens.scopesOf(token);
    if (granted === undefined) {
      throw new ApiError(401, "the access token is unknown, revoked or expired", {
        "www-authenticate": 'Bearer error="invalid_token"',
      });
    }
    const missing = required.filter((scope) => !granted.includes(scope));
    if (missing.length > 0) {
      throw new ApiError(403, `the access token lacks the scope ${missing.join(" ")}`, {
        "www-authenticate": `Bearer error="insufficient_scope", scope="${required.join(" ")}"`,
      });
    }
  }

  /** Checks the request against the contract, and returns its parameters and its body, with exact integers. */
  #inputOf(operation: ApiOperation, takesBody: boolean, request: ApiRequest): Input {
    const { method, url, contentType } = request;
    if (takesBody && mediaTypeOf(contentType) !== "application/json") {
      throw new ApiError(415, "the body must be application/json");
    }
    const body = takesBody ? parsedObject(request.body) : undefined;
    const { problems, path, query } = this.#context.contract.judge(operation, {
      method,
      url,
      headers: { "content-type": contentType ?? "" },
      body: toOrdinaryJson(body),
    });
    if (problems.length > 0) {
      throw new ApiError(400, problems.join("; "));
    }
    return { ...readAs(parametersSchema, { ...path, ...query }), body };
  }

  #carryOut(operation: ApiOperation, { tenant_id, application_id, limit, after_id, body }: Input): Answer {
    const { tenants, representation, noteSecret } = this.#context;
    switch (operation) {
      case "createTenant": {
        const { name, cells } = readAs(tenantSchema, body);
        const tenant = tenants.create(name, cells);
        return {
          status: 201,
          headers: { location: `${apiRoot}/tenants/${tenant.tenantId}` },
          body: toTenantResponse(tenant, representation()),
        };
      }
      case "getTenants": {
        const page = tenants.page(limit, after_id);
        return { status: 200, body: toTenantPageResponse(page, limit, representation()) };
      }
      case "getTenant":
        return { status: 200, body: toTenantResponse(tenants.get(tenant_id), representation()) };
      case "deleteTenant":
        tenants.delete(tenant_id);
        return { status: 204 };
      case "createTenantApplication": {
        const { cell, scopes, auth_method } = readAs(applicationSchema, body);
        const application = tenants.createApplication(tenant_id, cell, scopes, auth_method);
        if (application.authentication.type === "CLIENT_SECRET") {
          noteSecret(application.authentication.clientSecret);
        }
        return {
          status: 201,
          headers: { location: `${apiRoot}/tenants/${tenant_id}/applications/${application.applicationId}` },
          body: {
            ...toApplicationResponse(application, representation()),
            credentials: toCredentials(application),
          },
        };
      }
      case "getTenantApplications": {
        const applications = tenants.applicationsOf(tenant_id);
        return {
          status: 200,
          body: {
            items: applications.map((application) => toApplicationResponse(application, representation())),
          },
        };
      }
      case "getTenantApplication": {
        const application = tenants.application(tenant_id, application_id);
        return { status: 200, body: toApplicationResponse(application, representation()) };
      }
      case "deleteTenantApplication":
        tenants.deleteApplication(tenant_id, application_id);
        return { status: 204 };
    }
  }
}

/** Parameters are empty texts in operations without them in their path. */
const parametersSchema = z.object({
  tenant_id: z.string().default(""),
  application_id: z.string().default(""),
  limit: z
    .number()
    .int()
    .positive()
    .default(defaultLimit)
    .transform((limit) => Math.min(limit, longestPage)),
  after_id: z.string().optional(),
});
type Input = z.output<typeof parametersSchema> & { body: unknown };

const tenantSchema = z.object({ name: z.string(), cells: z.array(z.enum(cells)).default(defaultCells) });

/** The members of a JWK that only private keys have, by key type. */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const rsaSchema = z.object({
  type: z.literal("RSA"),
  alg: z.literal("RS256"),
  kid: z.string(),
  e: exactInteger,
  n: exactInteger,
});
const ecSchema = z.object({
  type: z.literal("EC"),
  alg: z.literal("ES256"),
  kid: z.string(),
  x: exactInteger,
  y: exactInteger,
});
const clientSecretSchema = z.object({ type: z.literal("CLIENT_SECRET") });
const applicationSchema = z.object({
  cell: z.enum(cells),
  scopes: z.array(z.enum(documentsScopes)),
  auth_method: z
    .record(z.string(), z.unknown())
    .refine((authMethod) => !privateMembers.some((member) => member in authMethod), {
      message: "holds a private key: only its public half may ever be sent",
    })
    .pipe(z.discriminatedUnion("type", [rsaSchema, ecSchema, clientSecretSchema])),
});

function parsedObject(text: string): unknown {
  try {
    const value = parseExactJson(text);
    if (typeof value === "object") {
      return value;
    }
  } catch (cause) {
    if (cause instanceof SyntaxError) {
      // The parser's own message quotes the text, which may contain anything.
      throw new ApiError(400, "the body is not valid JSON");
    }
    throw cause;
  }
  throw new ApiError(400, "body must be object");
}

/** @throws ApiError 400 with every problem and its path */
function readAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new ApiError(
      400,
      result.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "),
    );
  }
  return result.data;
}
