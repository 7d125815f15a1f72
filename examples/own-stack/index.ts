import * as pulumi from "@pulumi/pulumi";
import { Tenant, TenantApplication } from "pulumi-resistant-tenants"; // before a resource is declared: it stops debug messages that contain secrets

/** A tenant's name is unique in the organization: `pulumi config set name <another>` where this one is taken. */
const name = new pulumi.Config().get("name") ?? "acme";

const tenant = new Tenant("acme", { name });
const application = new TenantApplication("acme-eu", { tenantId: tenant.tenantId, cell: "eu-1" });

export const webUiUrls = tenant.webUiUrls;
export const clientId = application.clientId;
export const tokenUrl = application.tokenUrl;
/** A secret: encrypted in the state, and hidden unless `pulumi stack output --show-secrets` asks for it. */
export const clientSecret = application.clientSecret;
