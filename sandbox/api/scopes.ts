/** The scopes the organization's client may have: those of the contract's security scheme. */
export const organizationScopes = [
  "tenants.read",
  "tenants.write",
  "tenants.applications.read",
  "tenants.applications.write",
  "organization.read",
] as const;

/** The scopes a tenant application may have, in the order of the contract's `DocumentsScope`. */
export const documentsScopes = ["documents.submissions.read", "documents.submissions.write"] as const;
export type DocumentsScope = (typeof documentsScopes)[number];
