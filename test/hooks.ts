import { closeShared } from "./engine/engine";

/** Ends what the engine tests share once all tests have run. */
export const mochaHooks = { afterAll: closeShared };
