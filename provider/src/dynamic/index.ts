import "../node-version";
import "../program/safe-errors";
import { endWithEngine } from "./engine-watch";
import { noteStackOfRequests } from "./stack-identity";

endWithEngine();
noteStackOfRequests();

/** What the engine loads by the `__provider` text of each resource (see `../provider-source.ts`). */
export { released } from "./released";
export { signingKey } from "./signing-key";
export { tenantApplication } from "./tenant-application";
export { tenant } from "./tenant";
