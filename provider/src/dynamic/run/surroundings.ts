import { setTimeout as sleepMs } from "node:timers/promises";

import type { TenantManagementApi } from "../../client/api";
import type { SignatureAlgorithm } from "../../client/auth-methods";
import { type Journal, type JournalPlace, openJournalOf, type Provenance } from "../../journal/index";
import { provenance } from "../../organization/provenance";
import type { EnvironmentVariables } from "../../settings/own-process";
import { type Reach, readReach } from "../../settings/reach";
import type { ProviderSettings } from "../../settings/settings";
import { askEngineVersion } from "../engine/engine-version";
import { type KeyPair, makeKeyPair } from "./key-pair";

/** A run's access to everything outside its process. A simulator passes its own. */
export interface Surroundings {
  /** Connects to the API. Nothing is sent before the first call. */
  connect: (
    settings: ProviderSettings,
    reach: Reach,
    environment: EnvironmentVariables,
  ) => Promise<TenantManagementApi>;
  /** Determines how the vendor and AWS are reached. */
  reach: (environment: EnvironmentVariables, aws: (key: string) => string | undefined) => Reach;
  openJournal: (place: JournalPlace) => Journal;
  /** Determines who runs this, and which versions. */
  provenance: (aws: Reach["aws"], environment: EnvironmentVariables) => Promise<Provenance>;
  /** Creates the key pair of a `SigningKey`. */
  makeKeyPair: (algorithm: SignatureAlgorithm, modulusLength: number) => Promise<KeyPair>;
  /** Waits for a number of milliseconds. */
  sleep: (delayMs: number) => Promise<void>;
}

/** The network, the disk and the clock of this machine. */
export const ownSurroundings: Surroundings = {
  connect: (...given) => load().connect(...given),
  reach: readReach,
  openJournal: openJournalOf,
  provenance: (aws, environment) => provenance(aws, environment, askEngineVersion),
  makeKeyPair,
  sleep: (delayMs) => sleepMs(delayMs),
};

/** The network code is loaded when it is first needed: an `up` without a change does not need it. */
function load(): typeof import("../../organization/connect") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` is not late, or not for CommonJS
  return require("../../organization/connect") as typeof import("../../organization/connect");
}
