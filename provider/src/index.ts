export {
  type Cell,
  cells,
  cellTable,
  documentsApiUrl,
  type Stage,
  stages,
  stageTable,
} from "./client/cells.js";
export { type AuthMethod, authMethods, type DocumentsScope, documentsScopes } from "./client/schemas.js";
export { SigningKey, type SigningKeyArgs } from "./signing-key.js";
export { TenantApplication, type TenantApplicationArgs } from "./tenant-application.js";
export { Tenant, type TenantArgs } from "./tenant.js";
