import { randomUUID } from "node:crypto";
import path from "node:path";

import { largestWithSecrets, type Peer } from "./peer";
import { preparePulumi } from "./pulumi-peer";

/** What a developer has after an afternoon with Pulumi's documentation. */
export const naive: Peer = {
  name: "naive",
  title: "naive",
  description:
    "a dynamic provider as Pulumi's documentation shows one (closures, a token for each call, no retries), with the secrets in Secrets Manager",
  floor: "noop",
  sizes: { below: largestWithSecrets },
  prepare: (site, customers) => {
    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = site.sandbox;
    return preparePulumi(
      site,
      {
        projectDir: path.join(__dirname, "naive"),
        config: () => ({
          "naive:apiUrl": apiUrl,
          "naive:tokenUrl": tokenUrl,
          "naive:clientId": clientId,
          "naive:keyId": keyId,
          "naive:secretPrefix": `naive-${randomUUID().slice(0, 8)}`,
        }),
        env: { NAIVE_PRIVATE_KEY: privateKeyPem },
        declare: (count) => ({ "naive:customers": count }),
      },
      customers,
    );
  },
};
