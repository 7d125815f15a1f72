export { type Cell, cells, cellTable, documentsApiUrl, type Stage, stages, stageTable } from "./client/cells";
export { type AuthMethod, authMethods, type DocumentsScope, documentsScopes } from "./client/schemas";
export { SigningKey, type SigningKeyArgs } from "./signing-key";
export { TenantApplication, type TenantApplicationArgs } from "./tenant-application";
export { Tenant, type TenantArgs } from "./tenant";
