export { TenantManagementApi, type Authentication, type TenantManagementApiOptions } from "./api.js";
export { type AssertionRequest, type AssertionSigner, readOrganizationKey, signerFor } from "./assertion.js";
export {
  type Cell,
  cells,
  cellTable,
  documentsApiUrl,
  isCell,
  type Stage,
  stages,
  stageTable,
} from "./cells.js";
export { type ErrorCode, mayHaveHappened, messageOf, printable, TenantManagementError } from "./errors.js";
export { OrganizationTokens, type OrganizationClient } from "./organization-token.js";
export { parsePublicKey, type PublicKey, type PublicKeyNumbers } from "./public-key.js";
export { defaultRetryPolicy, type RetryPolicy } from "./retry.js";
export {
  type ApiApplication,
  type ApiCredentials,
  type ApiTenant,
  type AuthMethod,
  authMethods,
  type DocumentsScope,
  documentsScopes,
  type NewApplication,
} from "./schemas.js";
export { createTransport, type Transport, type TransportLimits } from "./transport.js";
