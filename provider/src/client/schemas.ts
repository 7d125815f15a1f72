import { z } from "zod";

import { type KeyMethod, keyMethods, type SecretMethod, secretMethods } from "./auth-methods";
import { type Cell, isCell } from "./cells";
import { withZone } from "./server-clock";
import { printable } from "./text";

/**
 * The API's answers as this project parses them: unknown fields are allowed, missing ones refused with their path.
 * Snake_case ends here. The contract is the vendor's OpenAPI document (`components.schemas`).
 */

/** The permissions of a tenant application at the Documents API. */
export const documentsScopes = ["documents.submissions.read", "documents.submissions.write"] as const;
/** One of the permissions of a tenant application. */
export type DocumentsScope = (typeof documentsScopes)[number];

// Ids become parts of paths, names and log lines: characters that could break out of them are refused here.
export const identifierSchema = z
  .string()
  .max(256)
  .regex(
    /^(?!\.{1,2}$)[^\p{Cc}\p{Cf}\s/\\?#]+$/u,
    "must be an id without spaces, slashes or control characters",
  );

// Names and the like are repeated in messages and outputs: control characters in them are escaped here.
const text = z.string().max(4096).transform(printable);
// Some servers send seconds since 1970 as a number, against the contract.
const instant = z
  .preprocess((given) => (typeof given === "number" ? String(given) : given), text)
  .transform(withZone);

const address = z
  .string()
  .max(4096)
  .regex(/^[^\p{Cc}\p{Cf}\s]*$/u, "must be an address without spaces or control characters");
// An invalid address is kept in a form that is refused later: without it, the state would lose its present one.
const link = z.object({ href: z.union([address, z.string().transform(printable)]), rel: text.optional() });
type Link = z.output<typeof link>;

/** A tenant, as the API returns it (`TenantResponse`). */
export interface ApiTenant {
  tenantId: string;
  name: string;
  /** The cells where the Web UI is reachable. */
  cells: string[];
  /** ISO 8601 with its zone, if the API returns a readable time. */
  createdAt: string;
  updatedAt: string;
  /** The Web UI's address by cell, for the cells with a link, as the API returns it: see `linkRefusals`. */
  webUiUrls: Partial<Record<Cell, string>>;
}

export const tenantSchema = z
  .object({
    id: identifierSchema,
    name: text,
    created: instant,
    updated: instant,
    cells: z.array(text),
    _links: z.object({ "documents-ui": z.unknown().optional() }).nullish(),
  })
  .transform((tenant): ApiTenant => ({
    tenantId: tenant.id,
    name: tenant.name,
    cells: tenant.cells,
    createdAt: tenant.created,
    updatedAt: tenant.updated,
    webUiUrls: toWebUiUrls(tenant._links?.["documents-ui"]),
  }));

export const tenantPageSchema = z.object({
  items: z.array(tenantSchema),
  _links: z.object({ next: z.object({ href: address.nullish() }).nullish() }).nullish(),
});

/** The credentials that the API returns once, when an application is created (`Credentials`). */
export type ApiCredentials =
  { type: SecretMethod; clientSecret: string } | { type: KeyMethod; alg: string; keyId: string };

const credentialsSchema = z.discriminatedUnion("type", [
  z
    .object({ type: z.enum(secretMethods), client_secret: z.string().min(1) })
    .transform((credentials): ApiCredentials => ({
      type: credentials.type,
      clientSecret: credentials.client_secret,
    })),
  z.object({ type: z.enum(keyMethods), alg: text, kid: text }).transform((credentials): ApiCredentials => ({
    type: credentials.type,
    alg: credentials.alg,
    keyId: credentials.kid,
  })),
]);

/** A tenant application, as the API returns it (`TenantApplicationResponse`). */
export interface ApiApplication {
  applicationId: string;
  clientId: string;
  cell: string;
  scopes: string[];
  /**
   * The base URL of the authorization server of the application's cell, as the API returns it: see `serverRefusals`.
   */
  authServer: string;
  /** The application's token URL, as the API returns it: its own link, else `authServer` + `/v1/token`. */
  tokenUrl: string;
}

/** The contract has the link as a string; an object like the other links is accepted as well. */
const tokenLink = z.union([address, z.object({ href: address }).transform(({ href }) => href)]);

const applicationFields = {
  id: identifierSchema,
  client_id: identifierSchema,
  auth_server: address,
  cell: text,
  scopes: z.array(text),
  _links: z.object({ token_url: tokenLink.nullish() }).nullish(),
};

function toApplication(application: z.output<z.ZodObject<typeof applicationFields>>): ApiApplication {
  const authServer = withScheme(application.auth_server);
  const tokenLinkGiven = application._links?.token_url ?? "";
  const tokenUrl = tokenLinkGiven === "" ? undefined : withScheme(tokenLinkGiven);
  return {
    applicationId: application.id,
    clientId: application.client_id,
    cell: application.cell,
    scopes: application.scopes,
    authServer,
    tokenUrl: tokenUrl ?? `${authServer.replace(/\/+$/, "")}/v1/token`,
  };
}

export const applicationSchema = z.object(applicationFields).transform(toApplication);

export const applicationListSchema = z.object({ items: z.array(applicationSchema) });

/** The answer to a create: the only one with credentials. */
export const newApplicationSchema = z
  .object({ ...applicationFields, credentials: credentialsSchema })
  .transform((application) => ({ ...toApplication(application), credentials: application.credentials }));
/** An application as returned by its create: the only answer with credentials. */
export type NewApplication = z.output<typeof newApplicationSchema>;

/** Reads the essential parts of an otherwise unusable answer. */
export const madeObjectSchema = z.object({
  id: identifierSchema.optional().catch(undefined),
  name: text.optional().catch(undefined),
  client_id: identifierSchema.optional().catch(undefined),
  credentials: z
    .object({ client_secret: z.string().min(1).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** Reads an error's text (`Error`). */
export const apiErrorSchema = z.object({ message: z.string() });

function toWebUiUrls(given: unknown): Partial<Record<Cell, string>> {
  const pairs = toLinkList(given).flatMap(({ href, rel }) => {
    return rel !== undefined && isCell(rel) && href !== "" ? [[rel, toWebUiUrl(href)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/**
 * The contract has the links as an object, but its own example is an array: both are accepted, and so is a map by cell.
 * A link without a cell or an address is left out; the tenant is usable without it.
 */
function toLinkList(given: unknown): Link[] {
  if (Array.isArray(given)) return given.flatMap((item: unknown) => toLinks(item));
  const single = toLinks(given);
  if (single.length > 0) return single;
  const byCell = z.record(z.string(), z.unknown()).safeParse(given).data ?? {};
  return Object.entries(byCell).flatMap(([rel, value]) =>
    toLinks(typeof value === "string" ? { href: value } : value).map(({ href }) => ({ href, rel })),
  );
}

function toLinks(given: unknown): Link[] {
  const read = link.safeParse(given);
  return read.success ? [read.data] : [];
}

/** The API returns some addresses without their scheme: a host, and perhaps a path. */
function withScheme(given: string): string {
  return /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/|$)/i.test(given) ? `https://${given}` : given;
}

/** Returns the address of a Web UI, without a final slash if it has no path. */
function toWebUiUrl(href: string): string {
  const given = withScheme(href);
  return URL.parse(given)?.href === given ? given.replace(/^(https:\/\/[^/]+)\/$/, "$1") : given;
}
