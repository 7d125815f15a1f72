import "./node-version";
import "./program/quiet-log";
import "./settings/safe-errors";

export { type Cell, cells, cellTable, documentsApiUrl, type Stage, stages, stageTable } from "./client/cells";
export { type AuthMethod, authMethods } from "./client/auth-methods";
export { type DocumentsScope, documentsScopes } from "./client/schemas";
export { type ApplicationOfStack, customerOf, type CustomerOfStack } from "./program/customer-of";
export { fleetStackOf } from "./names/fleet";
export type { CustomerChange, ToldOfRun } from "./names/slot";
export { Released } from "./program/released";
export { SigningKey, type SigningKeyArgs } from "./program/signing-key";
export type { ApplicationRecord, CustomerRecord, StackOutputs } from "./names/stack-outputs";
export { TenantApplication, type TenantApplicationArgs } from "./program/tenant-application";
export { Tenant, type TenantArgs } from "./program/tenant";
