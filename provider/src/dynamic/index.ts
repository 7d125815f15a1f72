/** What the engine loads by the `__provider` text of each resource (see `../provider-source.ts`). */
export { signingKey } from "./signing-key.js";
export { tenantApplication } from "./tenant-application.js";
export { tenant } from "./tenant.js";
