import { randomUUID } from "node:crypto";
import path from "node:path";

import type { ConfigOverrides } from "../../sandbox/pulumi/config-file";
import { customersOf } from "./customers";
import { largestWithSecrets, type Peer, type Site } from "./peer";
import { preparePulumi } from "./pulumi-peer";

const repositoryRoot = path.resolve(__dirname, "../..");

/** Returns the organization's settings for the sandbox's API, as this project's resources read them. */
export function settingsFor({ sandbox }: Site, folder: string): ConfigOverrides {
  return {
    "tenants:stage": "testing",
    "tenants:apiUrl": sandbox.apiUrl,
    "tenants:tokenUrl": sandbox.tokenUrl,
    "tenants:clientId": sandbox.clientId,
    "tenants:keyId": sandbox.keyId,
    "tenants:journal": path.join(folder, "journal.jsonl"),
    // The measured stack is deleted afterwards, also on a CI runner.
    "tenants:journalDiskIsKept": true,
  };
}

/** This project's own program: all of it, with secrets, journal and record. */
export const stack: Peer = {
  name: "stack",
  title: "this project",
  description: "this project's program, with the secrets in Secrets Manager, the journal and the record",
  floor: "noop",
  sizes: { below: largestWithSecrets },
  prepare: (site, customers) =>
    preparePulumi(
      site,
      {
        projectDir: repositoryRoot,
        config: (folder) => ({
          ...settingsFor(site, folder),
          "tenants:secretPrefix": `bench-${randomUUID().slice(0, 8)}`,
          "tenants:quota": 1_000_000,
        }),
        env: { TENANTS_PRIVATE_KEY: site.sandbox.privateKeyPem },
        declare: (count) => ({
          "tenants:customers": customersOf(count).map((customer) => ({ ...customer })),
        }),
      },
      customers,
    ),
};

/** Only its resources, as in a stack of your own: what OpenTofu's peer creates. */
export const alone: Peer = {
  name: "alone",
  title: "this project's resources alone",
  description:
    "a program that declares this project's `Tenant` and `TenantApplication`, with the preload that provider/README.md advises, and stores no secret",
  floor: "noop-alone",
  prepare: (site, customers) =>
    preparePulumi(
      site,
      {
        projectDir: path.join(__dirname, "alone"),
        config: (folder) => settingsFor(site, folder),
        env: { TENANTS_PRIVATE_KEY: site.sandbox.privateKeyPem },
        declare: (count) => ({ "alone:customers": count }),
      },
      customers,
    ),
};
