import { setTimeout as sleepMs } from "node:timers/promises";

import type { TenantManagementApi } from "../../client/api";
import type { SignatureAlgorithm } from "../../client/auth-methods";
import { type Journal, type JournalPlace, openJournalOf, type Provenance } from "../../journal/index";
import { provenance } from "../../organization/provenance";
import type { EnvironmentVariables } from "../../settings/environment";
import { type Reach, readReach } from "../../settings/reach";
import type { ProviderSettings } from "../../settings/settings";
import { type KeyPair, makeKeyPair } from "../application/key-pair";

/** How a run reaches everything outside its process. A simulator passes its own. */
export interface Surroundings {
  /** Connects to the API. Nothing is sent before the first call. */
  connect: (
    settings: ProviderSettings,
    reach: Reach,
    environment: EnvironmentVariables,
  ) => Promise<TenantManagementApi>;
  /** Finds out how the vendor and AWS are reached. */
  reach: (environment: EnvironmentVariables, aws: (key: string) => string | undefined) => Reach;
  openJournal: (place: JournalPlace) => Journal;
  /** Finds out who runs this, and what runs. */
  provenance: (aws: Reach["aws"], environment: EnvironmentVariables) => Promise<Provenance>;
  /** Makes the key pair of a `SigningKey`. */
  makeKeyPair: (algorithm: SignatureAlgorithm, modulusLength: number) => Promise<KeyPair>;
  /** Waits, in milliseconds. */
  sleep: (delayMs: number) => Promise<void>;
}

/** The network, the disk and the clock of this machine. */
export const ownSurroundings: Surroundings = {
  connect: (...given) => load().connect(...given),
  reach: readReach,
  openJournal: openJournalOf,
  provenance,
  makeKeyPair,
  sleep: (delayMs) => sleepMs(delayMs),
};

/** What talks to the network is loaded when there is something to say: an `up` without a change has nothing. */
function load(): typeof import("../../organization/connect") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` is not late, or not for CommonJS
  return require("../../organization/connect") as typeof import("../../organization/connect");
}
