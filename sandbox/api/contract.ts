import { readFileSync } from "node:fs";
import { join } from "node:path";

import OpenAPIBackend, { type Document, SetMatchType, type ValidationResult } from "openapi-backend";
import { z } from "zod";

import type { Answer } from "./answer";
import { type ApiOperation, isApiOperation } from "./vocabulary";

/** The parts of a request that the contract checks. */
export interface ContractRequest {
  method: string;
  /** Path with query. */
  url: string;
  headers: Record<string, string>;
  /** JSON with ordinary numbers; undefined if the request has no body. */
  body: unknown;
}

/** The operation of a request. */
export interface MatchedOperation {
  operation: ApiOperation;
  /** The scopes that its access token needs. */
  scopes: string[];
  /** Whether it has a body, which is then `application/json`. */
  takesBody: boolean;
}

/** The result of checking a request. */
export interface Verdict {
  /** All violations of the contract, each with its path. */
  problems: string[];
  path: Record<string, unknown>;
  /** The query's parameters, in their declared types if there are no problems. */
  query: Record<string, unknown>;
}

/** The path of the API on its server. */
export const apiRoot = "/v0";
const methods = ["get", "post", "put", "patch", "delete"];
const contractFile = join(__dirname, "tenant-management-openapi.json");

let loaded: Promise<Contract> | undefined;

/** The vendor's OpenAPI contract, which checks requests and responses. */
export class Contract {
  readonly #api: OpenAPIBackend;
  /** The operations that were matched, by method and {@link shapeOf} the URL. */
  readonly #matched = new Map<string, MatchedOperation | undefined>();

  private constructor(api: OpenAPIBackend) {
    this.#api = api;
  }

  /**
   * Reads the contract and compiles its validators, once per process.
   *
   * @throws if the file is no valid OpenAPI document
   */
  static load(): Promise<Contract> {
    loaded ??= Contract.#read();
    return loaded;
  }

  static async #read(): Promise<Contract> {
    const api = new OpenAPIBackend({
      definition: amended(readFileSync(contractFile, "utf8")),
      apiRoot,
      strict: true,
      ignoreTrailingSlashes: false,
      coerceTypes: true,
      ajvOpts: { strict: false, allErrors: true, discriminator: true },
    });
    await api.init();
    // It would assemble them again for every request.
    const operations = api.router.getOperations();
    api.router.getOperations = () => operations;
    return new Contract(api);
  }

  /** Finds the operation of a request; undefined if the contract has none. HEAD is handled as GET. */
  match(method: string, url: string): MatchedOperation | undefined {
    const shape = `${method} ${shapeOf(url)}`;
    if (this.#matched.has(shape)) return this.#matched.get(shape);
    const matched = this.#match(method, url);
    if (this.#matched.size === mostShapes) this.#matched.clear();
    this.#matched.set(shape, matched);
    return matched;
  }

  #match(method: string, url: string): MatchedOperation | undefined {
    const matched = this.#api.router.matchOperation({
      method: method === "HEAD" ? "GET" : method,
      path: url,
      headers: {},
    });
    if (!isApiOperation(matched?.operationId)) {
      return undefined;
    }
    const { operationId: operation, requestBody, security = [] } = matched;
    return {
      operation,
      scopes: security.flatMap((requirement) => Object.values(requirement).flat()),
      takesBody: requestBody !== undefined,
    };
  }

  /** Returns the methods of a path in the contract; empty if it does not have the path. */
  methodsOf(url: string): string[] {
    return methods
      .map((method) => method.toUpperCase())
      .filter((method) => this.match(method, url) !== undefined);
  }

  /** Checks a request of an operation. */
  judge(operation: ApiOperation, { method, url, headers, body }: ContractRequest): Verdict {
    const request = { method, path: url, headers, body };
    const { errors, coerced } = this.#api.validator.validateRequest(request, operation);
    return { problems: problemsOf(errors), ...parametersSchema.parse(coerced) };
  }

  /** Returns all violations of the contract in one of our responses, each with its path. */
  answerProblems(operation: ApiOperation, answer: Answer): string[] {
    const { validator, router } = this.#api;
    const { status, headers = {}, body } = answer;
    const declared = router.getOperation(operation)?.responses?.[status];
    if (declared === undefined) {
      return [`the contract has no status ${status} for ${operation}`];
    }
    if (!("content" in declared)) {
      return body === undefined ? [] : [`the contract has no body for status ${status} of ${operation}`];
    }
    return [
      ...problemsOf(validator.validateResponse(body, operation, status).errors),
      ...problemsOf(
        validator.validateResponseHeaders(headers, operation, {
          statusCode: status,
          setMatchType: SetMatchType.Superset,
        }).errors,
      ),
    ];
  }
}

/** How many shapes of URLs are kept: the contract has a dozen, and anybody may ask for others. */
const mostShapes = 64;

/** A URL without its query, and with the same id wherever the contract's paths have one: those match the same operation. */
function shapeOf(url: string): string {
  return url
    .replace(/\?.*$/s, "")
    .replace(
      /^(\/v0\/tenants\/)[\w-]+(?:(\/applications\/?)([\w-]*))?$/,
      (_url, tenants: string, applications = "", id = "") =>
        `${tenants}id${applications}${id === "" ? "" : "id"}`,
    );
}

/** `coerced` contains parameters only if there were no problems. */
const parametersSchema = z
  .object({ params: z.record(z.string(), z.unknown()), query: z.record(z.string(), z.unknown()) })
  .partial()
  .transform(({ params = {}, query = {} }) => ({ path: params, query }));

function problemsOf(errors: ValidationResult["errors"]): string[] {
  return (errors ?? []).map(
    ({ instancePath, message }) =>
      `${instancePath.replace(/^\/requestBody/, "body")} ${message ?? "is invalid"}`,
  );
}

const schemaSchema = z.looseObject({ properties: z.record(z.string(), z.looseObject({})) });
const responsesSchema = z.record(z.string(), z.unknown());
const contractSchema = z.looseObject({
  paths: z.looseObject({
    "/tenants": z.looseObject({ post: z.looseObject({ responses: responsesSchema }) }),
    "/tenants/{tenant_id}": z.looseObject({ delete: z.looseObject({ responses: responsesSchema }) }),
  }),
  components: z.looseObject({
    schemas: z.looseObject({
      TenantResponse: z.looseObject({ properties: z.looseObject({ _links: schemaSchema }) }),
    }),
  }),
});
const discriminatedSchema = z.looseObject({
  discriminator: z.looseObject({
    propertyName: z.string(),
    mapping: z.record(z.string(), z.string()).optional(),
  }),
});

/**
 * Reads the contract and says in it what JSON Schema needs to have said, and what the vendor's pages say beside it:
 * - a discriminator's mapping becomes an enum of the property, or every RSA key is also a valid CLIENT_SECRET;
 * - `documents-ui`, typed as an object, may be an array, as in its own example;
 * - a taken name and a tenant that still has applications are undocumented; here they are 409.
 */
function amended(text: string): Document {
  const contract = contractSchema.parse(JSON.parse(text));
  const { schemas } = contract.components;
  for (const schema of Object.values(schemas)) {
    const discriminated = discriminatedSchema.safeParse(schema);
    if (discriminated.success) {
      const { propertyName, mapping = {} } = discriminated.data.discriminator;
      for (const [value, reference] of Object.entries(mapping)) {
        const variant = schemaSchema.parse(schemas[reference.replace("#/components/schemas/", "")]);
        schemas[reference.replace("#/components/schemas/", "")] = {
          ...variant,
          properties: { ...variant.properties, [propertyName]: { type: "string", enum: [value] } },
        };
      }
      Object.assign(schema as object, { discriminator: { propertyName } });
    }
  }
  schemas.TenantResponse.properties._links.properties["documents-ui"] = {
    anyOf: [
      { type: "object", additionalProperties: true },
      {
        type: "array",
        items: {
          type: "object",
          properties: { href: { type: "string" }, rel: { $ref: "#/components/schemas/CellName" } },
          required: ["href", "rel"],
        },
      },
    ],
  };
  const conflict = { $ref: "#/components/responses/BadRequest" };
  contract.paths["/tenants"].post.responses["409"] = conflict;
  contract.paths["/tenants/{tenant_id}"].delete.responses["409"] = conflict;
  // OpenAPIBackend.init checks its form, strictly.
  return contract as unknown as Document;
}
