import "../node-version";
import "../program/safe-errors";
import { endWithEngine } from "./engine/engine-watch";
import { noteStackOfRequests } from "./run/stack-identity";

endWithEngine();
noteStackOfRequests();

/** What the engine loads by the `__provider` text of each resource (see `../provider-source.ts`). */
export { released } from "./application/released";
export { signingKey } from "./application/signing-key";
export { tenantApplication } from "./application/tenant-application";
export { tenant } from "./tenant/tenant";
