import { Tenant, TenantApplication } from "pulumi-resistant-tenants";

const tenant = new Tenant("acme", { name: "acme" });
const application = new TenantApplication("acme-eu", { tenantId: tenant.tenantId, cell: "eu-1" });

export const webUiUrls = tenant.webUiUrls;
export const clientId = application.clientId;
export const tokenUrl = application.tokenUrl;
/** A secret: encrypted in the state, and hidden unless `pulumi stack output --show-secrets` asks for it. */
export const clientSecret = application.clientSecret;
