import { existsSync } from "node:fs";
import path from "node:path";

import { SandboxError } from "../../sandbox/errors";
import type { Log } from "../../sandbox/progress";
import { fleet } from "./fleet";
import { naive } from "./naive";
import { noop, noopAlone } from "./noop";
import { opentofu } from "./opentofu";
import { findOpenTofu, restapiVersion } from "./opentofu/build";
import type { Peer, PeerName } from "./peer";
import { alone, stack } from "./stack";
import { undici } from "./undici";

/** The peers that can run here, in the order of their names' list. */
export interface FoundPeers {
  readonly peers: readonly Peer[];
  /** Those that cannot, each with the reason. */
  readonly skipped: Readonly<Partial<Record<PeerName, string>>>;
}

/** Finds the peers, and builds those that need it. */
export async function findPeers(names: readonly PeerName[], log: Log): Promise<FoundPeers> {
  const peers: Peer[] = [];
  const skipped: Partial<Record<PeerName, string>> = {};
  for (const name of names) {
    try {
      peers.push(await findPeer(name, log));
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      log(`Skipped: ${name}. ${error.message}`);
      skipped[name] = error.message;
    }
  }
  return { peers, skipped };
}

async function findPeer(name: PeerName, log: Log): Promise<Peer> {
  switch (name) {
    case "fleet":
      if (!existsSync(path.join(__dirname, "../../cli/commands/fleet.ts"))) {
        throw new SandboxError("PREREQUISITE_MISSING", "This commit has no `tenants fleet`.");
      }
      return fleet;
    case "stack":
      return stack;
    case "noop":
      return noop;
    case "naive":
      return naive;
    case "alone":
      return alone;
    case "noop-alone":
      return noopAlone;
    case "opentofu":
      return opentofu(await findOpenTofu(log), restapiVersion);
    case "undici":
      return undici;
  }
}
