import "../node-version";

export { TenantManagementApi, type Authentication, type TenantManagementApiOptions } from "./api";
export type { ApplicationCredentials } from "./application-credentials";
export {
  type AssertionRequest,
  type AssertionSigner,
  remoteSigner,
  readOrganizationKey,
  signerFor,
} from "./assertion";
export {
  type Cell,
  cells,
  cellTable,
  documentsApiUrl,
  isCell,
  type Stage,
  stages,
  stageTable,
} from "./cells";
export { type ErrorCode, mayHaveHappened, TenantManagementError } from "./errors";
export { messageOf, printable } from "./text";
export { type HostRules, refusalOfUrl, type UrlRefusal, type UrlUse, wayToAllow } from "./hosts";
export { OrganizationTokens, type OrganizationClient } from "./organization-token";
export { parsePublicKey, type PublicKey, type PublicKeyNumbers } from "./public-key";
export { defaultRetryPolicy, type RetryPolicy } from "./retry";
export {
  type ApiApplication,
  type ApiCredentials,
  type ApiTenant,
  type DocumentsScope,
  documentsScopes,
  type NewApplication,
} from "./schemas";
export { parseInstant } from "./server-clock";
export { createTransport, type Transport, type TransportLimits } from "./transport";
export { type AuthMethod, authMethods } from "./auth-methods";
