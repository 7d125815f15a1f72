import "./node-version";
import "./program/quiet-log";
import "./program/safe-errors";

export { type Cell, cells, cellTable, documentsApiUrl, type Stage, stages, stageTable } from "./client/cells";
export { type AuthMethod, authMethods, type DocumentsScope, documentsScopes } from "./client/schemas";
export { type ApplicationOfStack, customerOf, type CustomerOfStack } from "./customer-of";
export type { CustomerChange, ToldOfRun } from "./dynamic/slot";
export { Released } from "./released";
export { SigningKey, type SigningKeyArgs } from "./signing-key";
export type { ApplicationRecord, CustomerRecord, StackOutputs } from "./stack-outputs";
export { TenantApplication, type TenantApplicationArgs } from "./tenant-application";
export { Tenant, type TenantArgs } from "./tenant";
