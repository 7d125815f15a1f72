import { type Cell, type Stage, webUiHost } from "./cells";
import type { Settings } from "./settings";
import type { Tenant, TenantApplication, TenantPage } from "./tenants";

/** What the form of an answer depends on. */
export interface Representation {
  stage: Stage;
  organization: string;
  settings: Settings;
  /** Gives the authorization server of a cell's applications. */
  authServer(cell: Cell): string;
}

/** Gives the contract's `TenantResponse`. */
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

/** Gives the contract's `TenantPageResponse`; `next.href` is relative to the API's base URL. */
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

/** Gives the contract's `TenantApplicationResponse`, without credentials. */
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

/** Gives the contract's `Credentials`, which only the answer that creates an application has. */
export function toCredentials({ authentication }: TenantApplication): object {
  return authentication.type === "CLIENT_SECRET"
    ? { type: authentication.type, client_secret: authentication.clientSecret }
    : { type: authentication.type, alg: authentication.publicKey.alg, kid: authentication.publicKey.kid };
}

/** Gives the token URL of an authorization server. */
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
