import { useLocalEnvironment } from "../sandbox/environment";
import { closeShared } from "./engine/engine";

useLocalEnvironment();

/** Ends what the engine tests share once all tests have run. */
export const mochaHooks = { afterAll: closeShared };
