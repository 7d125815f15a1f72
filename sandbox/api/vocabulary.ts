/** The possible scopes of the organization's client: those of the contract's security scheme. */
export const organizationScopes = [
  "tenants.read",
  "tenants.write",
  "tenants.applications.read",
  "tenants.applications.write",
  "organization.read",
] as const;

/** The possible scopes of a tenant application, in the order of the contract's `DocumentsScope`. */
export const documentsScopes = ["documents.submissions.read", "documents.submissions.write"] as const;
export type DocumentsScope = (typeof documentsScopes)[number];

/** The operation ids of the contract. */
export const apiOperations = [
  "getTenants",
  "createTenant",
  "getTenant",
  "deleteTenant",
  "getTenantApplications",
  "createTenantApplication",
  "getTenantApplication",
  "deleteTenantApplication",
] as const;
export type ApiOperation = (typeof apiOperations)[number];

/**
 * Everything that is counted, logged and can fail: the API's operations, `token` (the organization's
 * authorization server), `applicationToken` (the tenant applications'), and `unknown` for a path or method
 * that the contract does not have.
 */
export const operations = [...apiOperations, "token", "applicationToken", "unknown"] as const;
export type Operation = (typeof operations)[number];

/** Returns whether a text is an operation id of the contract. */
export function isApiOperation(text: string | undefined): text is ApiOperation {
  return (apiOperations as readonly (string | undefined)[]).includes(text);
}
