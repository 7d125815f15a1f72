import { randomUUID } from "node:crypto";
import path from "node:path";

import { largestWithSecrets, type Peer } from "./peer";
import { preparePulumi } from "./pulumi-peer";

function noopPeer(storesSecrets: boolean): Peer["prepare"] {
  return (site, customers) =>
    preparePulumi(
      site,
      {
        projectDir: path.join(__dirname, "noop"),
        config: () => (storesSecrets ? { "noop:secretPrefix": `noop-${randomUUID().slice(0, 8)}` } : {}),
        declare: (count) => ({ "noop:customers": count }),
      },
      customers,
    );
}

/** The engine's floor for this project's program. */
export const noop: Peer = {
  name: "noop",
  title: "no-op",
  description:
    "a dynamic provider that does nothing, with as many resources of the same kinds, with the same inputs, and the same secrets in Secrets Manager: the engine's floor",
  floor: undefined,
  sizes: { below: largestWithSecrets },
  prepare: noopPeer(true),
};

/** The engine's floor for its resources alone. */
export const noopAlone: Peer = {
  name: "noop-alone",
  title: "no-op alone",
  description: "the same without the secrets: the engine's floor for tenants and applications alone",
  floor: undefined,
  prepare: noopPeer(false),
};
