import { type Cell, type Stage, webUiHost } from "./cells";
import type { Settings } from "./settings";
import type { Tenant, TenantApplication, TenantPage } from "./tenants";

/** What the form of a response depends on. */
export interface Representation {
  stage: Stage;
  organization: string;
  settings: Settings;
  /** Returns the authorization server of a cell's applications. */
  authServer(cell: Cell): string;
}

/** Returns the contract's `TenantResponse`. */
export function toTenantResponse(tenant: Tenant, representation: Representation): object {
  const { tenantId, name, created, updated, cells } = tenant;
  const { naiveTime } = representation.settings;
  const links = uiLinks(tenant, representation);
  return {
    id: tenantId,
    name,
    created: naiveTime ? created.replace(/Z$/, "") : created,
    updated: naiveTime ? updated.replace(/Z$/, "") : updated,
    cells,
    ...(links === undefined ? {} : { _links: { "documents-ui": links } }),
  };
}

/** Returns the contract's `TenantPageResponse`; `next.href` is relative to the API's base URL. */
export function toTenantPageResponse(
  page: TenantPage,
  limit: number,
  representation: Representation,
): object {
  const { items, nextAfterId } = page;
  return {
    items: items.map((tenant) => toTenantResponse(tenant, representation)),
    _links:
      nextAfterId === undefined ? {} : { next: { href: `/tenants?limit=${limit}&after_id=${nextAfterId}` } },
  };
}

/** Returns the contract's `TenantApplicationResponse`, without credentials. */
export function toApplicationResponse(
  application: TenantApplication,
  representation: Representation,
): object {
  const { applicationId, clientId, cell, scopes } = application;
  const authServer = representation.authServer(cell);
  return {
    id: applicationId,
    client_id: clientId,
    auth_server: authServer,
    cell,
    scopes,
    ...(representation.settings.tokenUrlLink ? { _links: { token_url: toTokenUrl(authServer) } } : {}),
  };
}

/** Returns the contract's `Credentials`, which only the response to a create contains. */
export function toCredentials({ authentication }: TenantApplication): object {
  return authentication.type === "CLIENT_SECRET"
    ? { type: authentication.type, client_secret: authentication.clientSecret }
    : { type: authentication.type, alg: authentication.publicKey.alg, kid: authentication.publicKey.kid };
}

/** Returns the token URL of an authorization server. */
export function toTokenUrl(authServer: string): string {
  return `${authServer}/v1/token`;
}

function uiLinks(
  { name, cells }: Tenant,
  { stage, organization, settings }: Representation,
): object | undefined {
  const { webUiDomain } = settings;
  const links = cells.map((cell) => ({
    href: webUiDomain === null ? webUiHost(stage, cell, name, organization) : `${name}.${webUiDomain}`,
    rel: cell,
  }));
  switch (settings.uiLinks) {
    case "array":
      return links;
    case "object":
      return Object.fromEntries(links.map((link) => [link.rel, link]));
    case "none":
      return undefined;
  }
}
