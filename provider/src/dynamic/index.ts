import "../node-version";
import "../settings/safe-errors";

import { ownProcess } from "../settings/own-process";
import { releasedHandler } from "./application/released";
import { signingKeyHandler } from "./application/signing-key";
import { tenantApplicationHandler } from "./application/tenant-application";
import { endWithEngine, noteStackOfRequests } from "./engine/provider-process";
import { Run } from "./run/run";
import { tenantHandler } from "./tenant/tenant";

/** The engine starts a provider process for each run, on one stack. */
const run = new Run(ownProcess());

endWithEngine();
noteStackOfRequests((requested) => {
  run.stack.noteRequested(requested);
});

/** The handlers that the engine loads by the `__provider` text of each resource (see `../program/slot.ts`). */
export const released = releasedHandler(run);
export const signingKey = signingKeyHandler(run);
export const tenant = tenantHandler(run);
export const tenantApplication = tenantApplicationHandler(run);
