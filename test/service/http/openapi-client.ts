/*
 * Writes a client in TypeScript from an OpenAPI 3.1 document: a type for each parameter, body and answer, a function for
 * each operation. What it cannot write it refuses, so that the document is known to be complete.
 */

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}

interface Operation {
  operationId?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

export function writeClient({ paths }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => writeOperation(path, method, operation)),
  );
  return `export interface Answer<Status extends number, Body> { status: Status; headers: Headers; body: Body }
export class Client {
  constructor(private readonly origin: string, private readonly token: string) {}
  private async call(method: string, path: string, query: object, headers: object, body?: unknown): Promise<never> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
    const search = given.length === 0 ? "" : "?" + new URLSearchParams(Object.fromEntries(given)).toString();
    const answer = await fetch(this.origin + path + search, {
      method,
      headers: { authorization: "Bearer " + this.token, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isJson = /json$/.test((answer.headers.get("content-type") ?? "").split(";")[0] ?? "");
    return { status: answer.status, headers: answer.headers, body: isJson ? await answer.json() : await answer.text() } as never;
  }
${operations.join("\n")}
}
`;
}

function writeOperation(path: string, method: string, operation: Operation): string {
  const { operationId, parameters = [], requestBody, responses } = operation;
  if (operationId === undefined) throw new Error(`${method} ${path} has no operationId`);
  const of = (place: string): string => objectOf(parameters.filter((parameter) => parameter.in === place));
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const described = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  if (inPath.join() !== described.join()) throw new Error(`${method} ${path} does not describe its path`);
  const body = requestBody?.content["application/json"]?.schema;
  const answers = Object.entries(responses).map(([status, { content }]) => {
    const [first] = Object.values(content ?? {});
    return `Answer<${status}, ${first === undefined ? "unknown" : typeOf(first.schema)}>`;
  });
  const given = `given: { path: ${of("path")}; query: ${of("query")}; headers: ${of("header")}${body === undefined ? "" : `; body: ${typeOf(body)}`} }`;
  const address = `\`${path.replace(/\{(\w+)\}/g, "${encodeURIComponent(String(given.path.$1))}")}\``;
  const last = body === undefined ? "" : ", given.body";
  return `  async ${operationId}(${given}): Promise<${answers.join(" | ")}> { return await this.call("${method.toUpperCase()}", ${address}, given.query, given.headers${last}); }`;
}

function objectOf(parameters: readonly Parameter[]): string {
  const members = parameters.map(
    ({ name, required, schema }) => `${JSON.stringify(name)}${required === true ? "" : "?"}: ${typeOf(schema)}`,
  );
  return `{ ${members.join("; ")} }`;
}

function typeOf(schema: Schema): string {
  if ("$ref" in schema) throw new Error("The document has references, which this client does not follow.");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return `(${choices.map(typeOf).join(" | ")})`;
  if (schema.allOf !== undefined) return `(${schema.allOf.map(typeOf).join(" & ")})`;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.map((type) => plainType(type, schema)).join(" | ");
}

function plainType(type: string | undefined, schema: Schema): string {
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return `(${typeOf(schema.items ?? {})})[]`;
    case "object": {
      const { properties = {}, required = [], additionalProperties } = schema;
      const members = Object.entries(properties).map(
        ([name, member]) => `${JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${typeOf(member)}`,
      );
      const isOpen = additionalProperties !== false;
      return `{ ${[...members, ...(isOpen ? ["[more: string]: unknown"] : [])].join("; ")} }`;
    }
    case undefined:
      return "unknown";
    default:
      throw new Error(`The document has a type that is none: ${type}`);
  }
}
